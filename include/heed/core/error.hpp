#pragma once

/// @file
/// The one exception of heed. Every public boundary checks its input and throws it.

#include <concepts>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "heed/core/types.hpp"

namespace heed::inline HEED_ISA {

/// A number as text. `std::to_string`, but compiled once.
HEED_COLD inline std::string text_of(double number) { return std::to_string(number); }
HEED_COLD inline std::string text_of(std::int64_t number) { return std::to_string(number); }
std::string text_of(std::integral auto number) { return text_of(static_cast<std::int64_t>(number)); }

/// What is wrong, where, what was expected there and what was found. Empty fields are left out of the message.
struct Fault {
  std::string what, where, expected, got;

  Fault() = default;
  // Views, and one function for all: where a fault is described the compiler has calls to make, and no strings.
  HEED_COLD Fault(std::string_view what_, std::string_view where_ = {}, std::string_view expected_ = {},
                  std::string_view got_ = {})
      : what(what_), where(where_), expected(expected_), got(got_) {}
};

/// Thrown by every public boundary. `what()` reads `where: what (expected ..., got ...)`; `fault()` has the parts.
class Error : public std::runtime_error {
 public:
  explicit Error(Fault fault) : std::runtime_error(message(fault)), fault_(std::move(fault)) {}

  const Fault& fault() const noexcept { return fault_; }

 private:
  HEED_COLD static std::string message(const Fault& f) {
    std::string text = f.where.empty() ? f.what : f.where + ": " + f.what;
    if (f.expected.empty() && f.got.empty()) return text;
    text += " (";
    if (!f.expected.empty()) text += "expected " + f.expected;
    if (!f.expected.empty() && !f.got.empty()) text += ", ";
    if (!f.got.empty()) text += "got " + f.got;
    return text + ")";
  }

  Fault fault_;
};

namespace detail {
[[noreturn]] HEED_COLD inline void throw_error(Fault&& fault) { throw Error(std::move(fault)); }

template <class F>
[[noreturn]] HEED_COLD void fail(F& fault) {
  throw_error(fault());
}
}  // namespace detail

/// Throws `Error(fault())` unless `ok`. The text is built only when it is needed.
template <std::invocable F>
inline void require(bool ok, F&& fault) {
  if (!ok) [[unlikely]]
    detail::fail(fault);
}

}  // namespace heed::inline HEED_ISA
