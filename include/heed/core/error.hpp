#pragma once

/// @file
/// heed's only exception. Every public function checks its input and throws it.

#include <concepts>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

#include "heed/core/types.hpp"

namespace heed::inline HEED_ERROR_ABI {

/// What is wrong, where, what was expected and what was found. The message leaves empty fields out.
struct Fault {
  std::string what, where, expected, got;

  // No function here is inlined, and fields are set from views: code that describes a fault then needs calls only.
  Fault();
  Fault(std::string_view what_, std::string_view where_ = {}, std::string_view expected_ = {},
        std::string_view got_ = {});
  Fault(const Fault&);
  Fault(Fault&&) noexcept;
  Fault& operator=(const Fault&);
  Fault& operator=(Fault&&) noexcept;
  ~Fault();
};

/// The exception that all public functions throw. `what()` reads `where: what (expected ..., got ...)`; bytes that
/// would control a terminal are escaped in it. `fault()` has the unescaped parts.
class Error : public std::runtime_error {
 public:
  explicit Error(Fault fault);
  Error(const Error&) = default;
  Error& operator=(const Error&) = default;
  ~Error() override;

  const Fault& fault() const noexcept { return fault_; }

 private:
  static std::string message(const Fault& fault);

  Fault fault_;
};

}  // namespace heed::inline HEED_ERROR_ABI

namespace heed::inline HEED_ABI {

/// A number as text: `std::to_string`, compiled once.
std::string text_of(double number);
/// An integer as text.
std::string text_of(std::int64_t number);
std::string text_of(std::integral auto number) { return text_of(static_cast<std::int64_t>(number)); }

namespace abi_detail {
/// The message of an `Error` for arrays that do not fit into memory.
inline constexpr std::string_view no_room = "does not fit in memory";

[[noreturn]] void throw_error(Fault&& fault);
template <class F>
[[noreturn]] HEED_COLD void fail(F& fault) {
  throw_error(fault());
}
}  // namespace abi_detail

/// Throws `Error(fault())` unless `ok`. The text is built only on failure.
template <std::invocable F>
inline void require(bool ok, F&& fault) {
  if (!ok) [[unlikely]]
    abi_detail::fail(fault);
}

}  // namespace heed::inline HEED_ABI

namespace heed::inline HEED_ISA::detail {

/// Rethrows the exception that is being handled. If it reports a lack of memory, it becomes an `Error`. For readers,
/// which take sizes from files:
///
///     Table read_table(const std::string& where) try { ... } catch (...) { detail::rethrow_as_error(where); }
[[noreturn]] void rethrow_as_error(std::string_view where);

/// Rethrows the `Error` that is being handled, with its place in front: "layer 2: Dense: ...". An error that already
/// names the place stays as it is.
[[noreturn]] void rethrow_inside(std::string_view place, std::int64_t number = -1);
/// The result of `f`. If `f` throws an `Error`, the place is put in front of it.
template <class F>
auto inside(std::string_view place, F&& f) {
  try {
    return f();
  } catch (const Error&) {
    rethrow_inside(place);
  }
}

}  // namespace heed::inline HEED_ISA::detail

#if HEED_BODIES

#include <cstdio>
#include <new>
#include <system_error>
#include <utility>

#include "heed/core/detail/utf8.hpp"

namespace heed::inline HEED_ERROR_ABI {

HEED_SHARED_FUNCTION Fault::Fault() = default;

HEED_COLD HEED_SHARED_FUNCTION Fault::Fault(std::string_view what_, std::string_view where_, std::string_view expected_,
                                            std::string_view got_)
    : what(what_), where(where_), expected(expected_), got(got_) {}

HEED_SHARED_FUNCTION Fault::Fault(const Fault&) = default;
HEED_SHARED_FUNCTION Fault::Fault(Fault&&) noexcept = default;
HEED_SHARED_FUNCTION Fault& Fault::operator=(const Fault&) = default;
HEED_SHARED_FUNCTION Fault& Fault::operator=(Fault&&) noexcept = default;
HEED_SHARED_FUNCTION Fault::~Fault() = default;

HEED_SHARED_FUNCTION std::string Error::message(const Fault& f) {
  std::string text = f.where.empty() ? f.what : f.where + ": " + f.what;
  if (f.expected.empty() && f.got.empty()) return text;
  text += " (";
  if (!f.expected.empty()) text += "expected " + f.expected;
  if (!f.expected.empty() && !f.got.empty()) text += ", ";
  if (!f.got.empty()) text += "got " + f.got;
  return text + ")";
}

HEED_COLD HEED_SHARED_FUNCTION Error::Error(Fault fault)
    : std::runtime_error(abi_detail::escaped(message(fault), "\n")), fault_(std::move(fault)) {}

HEED_SHARED_FUNCTION Error::~Error() = default;

}  // namespace heed::inline HEED_ERROR_ABI

namespace heed::inline HEED_ABI {

HEED_COLD HEED_SHARED_FUNCTION std::string text_of(double number) {
  const double size = number < 0 ? -number : number;
  if (!(size >= 1e9) && !(size > 0 && size < 1e-4)) return std::to_string(number);
  char text[40];  // other formats would print zeros, or a long row of digits
  return {text, static_cast<std::size_t>(std::snprintf(text, sizeof text, "%g", number))};
}

HEED_COLD HEED_SHARED_FUNCTION std::string text_of(std::int64_t number) { return std::to_string(number); }

HEED_COLD HEED_SHARED_FUNCTION void abi_detail::throw_error(Fault&& fault) { throw Error(std::move(fault)); }

}  // namespace heed::inline HEED_ABI

namespace heed::inline HEED_ISA::detail {

HEED_COLD HEED_FUNCTION void rethrow_inside(std::string_view place, std::int64_t number) {
  try {
    throw;
  } catch (const Error& error) {
    Fault fault = error.fault();
    std::string where(place);
    if (number >= 0) where += ' ' + text_of(number);
    const std::string_view inner = fault.where;
    if (number < 0 && inner.substr(0, place.size()) == place) {
      const std::string_view rest = inner.substr(place.size());
      if (rest.empty() || rest[0] == ':' || rest[0] == ',') throw;
    }
    fault.where = fault.where.empty() ? where : where + ": " + fault.where;
    throw Error(std::move(fault));
  }
}

HEED_COLD HEED_FUNCTION void rethrow_as_error(std::string_view where) {
  try {
    throw;
  } catch (const std::bad_alloc&) {
    throw Error(Fault{abi_detail::no_room, where});
  } catch (const std::length_error&) {  // more than a vector can ever hold
    throw Error(Fault{abi_detail::no_room, where});
  } catch (const std::system_error& error) {  // of std::filesystem, too
    throw Error(Fault{error.code().message(), where});
  } catch (const Error& error) {
    if (error.fault().what == abi_detail::no_room) throw Error(Fault{abi_detail::no_room, where});
    throw;
  }
}

}  // namespace heed::inline HEED_ISA::detail

#endif
