#pragma once

/// @file
/// The one exception of heed. Every public boundary checks its input and throws it.

#include <concepts>
#include <stdexcept>
#include <string>
#include <utility>

#include "heed/core/types.hpp"

namespace heed::inline HEED_ISA {

/// What is wrong, where, what was expected there and what was found. Empty fields are left out of the message.
struct Fault {
  std::string what;
  std::string where = {};
  std::string expected = {};
  std::string got = {};
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
template <class F>
[[noreturn]] HEED_COLD void fail(F& fault) {
  throw Error(fault());
}
}  // namespace detail

/// Throws `Error(fault())` unless `ok`. The text is built only when it is needed.
template <std::invocable F>
inline void require(bool ok, F&& fault) {
  if (!ok) [[unlikely]]
    detail::fail(fault);
}

}  // namespace heed::inline HEED_ISA
