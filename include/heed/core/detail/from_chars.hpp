#pragma once

/// @file
/// Parses floating-point numbers with every standard library. libc++, which macOS uses, has `std::from_chars` for them
/// only since version 20.

#include <charconv>
#include <concepts>
#include <system_error>

#include "heed/core/compiled.hpp"
#include "heed/core/isa.hpp"

namespace heed::inline HEED_ABI {

namespace abi_detail {

/// `std::from_chars` with `std::chars_format::general`, whatever the locale: no blanks, no +, no hexadecimal numbers.
/// Implemented with the C library's `strtod`. Not on Windows, whose standard libraries need none.
HEED_FUNCTION std::from_chars_result from_chars_by_strtod(const char* first, const char* last, float& value);
HEED_FUNCTION std::from_chars_result from_chars_by_strtod(const char* first, const char* last, double& value);

/// `std::from_chars`
template <class T>
std::from_chars_result from_chars(const char* first, const char* last, T& value) {
#if defined(__cpp_lib_to_chars)
  return std::from_chars(first, last, value);
#else
  if constexpr (std::floating_point<T>) {
    return from_chars_by_strtod(first, last, value);
  } else {
    return std::from_chars(first, last, value);
  }
#endif
}

}  // namespace abi_detail

}  // namespace heed::inline HEED_ABI

#if HEED_BODIES && !defined(_WIN32)

#include <algorithm>
#include <cfenv>
#include <clocale>
#include <cstdlib>
#include <limits>
#include <string>
#include <string_view>
#if defined(__APPLE__) || defined(__FreeBSD__)
#include <xlocale.h>
#endif

namespace heed::inline HEED_ABI {

namespace abi_detail {

inline float convert_in(locale_t locale, const char* text, char** end, float) { return ::strtof_l(text, end, locale); }
inline double convert_in(locale_t locale, const char* text, char** end, double) {
  return ::strtod_l(text, end, locale);
}

/// `strtod` rounds as the caller has chosen, and asks the x87 on x86, which computes nothing here.
class RoundToNearest {
 public:
  RoundToNearest() : changed_(std::fegetround() != FE_TONEAREST && std::fegetenv(&before_) == 0) {
    if (changed_) std::fesetround(FE_TONEAREST);
  }
  RoundToNearest(const RoundToNearest&) = delete;
  RoundToNearest& operator=(const RoundToNearest&) = delete;
  ~RoundToNearest() {
    if (changed_) std::fesetenv(&before_);
  }

 private:
  std::fenv_t before_ = {};
  bool changed_;
};

template <class T>
std::from_chars_result from_chars_in_c(const char* first, const char* last, T& value) {
  static const locale_t c = ::newlocale(LC_ALL_MASK, "C", locale_t{});
  const auto is_digit = [](char d) { return d >= '0' && d <= '9'; };
  const char* number = first != last && *first == '-' ? first + 1 : first;
  const char* digit = number != last && *number == '.' ? number + 1 : number;
  const bool word = number != last && std::string_view("iInN").find(*number) != std::string_view::npos;
  if (!word && (digit == last || !is_digit(*digit))) return {first, std::errc::invalid_argument};
  if (*number == '0' && last - number > 1 && (number[1] == 'x' || number[1] == 'X')) last = number + 1;

  const std::string text(first, last);  // the C library needs the terminating zero
  char* end = nullptr;
  const RoundToNearest nearest;
  const T found = convert_in(c, text.c_str(), &end, T());
  const char* stop = first + (end - text.c_str());
  if (stop == first) return {first, std::errc::invalid_argument};
  constexpr T infinite = std::numeric_limits<T>::infinity();
  const bool too_large = found == infinite || found == -infinite;
  const bool too_small =
      found == 0 && std::any_of(number, std::find_if(number, stop, [](char d) { return d == 'e' || d == 'E'; }),
                                [](char d) { return d >= '1' && d <= '9'; });
  if (!word && (too_large || too_small)) return {stop, std::errc::result_out_of_range};
  value = found;
  return {stop, std::errc()};
}

HEED_SHARED_FUNCTION std::from_chars_result from_chars_by_strtod(const char* first, const char* last, float& value) {
  return from_chars_in_c(first, last, value);
}

HEED_SHARED_FUNCTION std::from_chars_result from_chars_by_strtod(const char* first, const char* last, double& value) {
  return from_chars_in_c(first, last, value);
}

}  // namespace abi_detail

}  // namespace heed::inline HEED_ABI

#endif
