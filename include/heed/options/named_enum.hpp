#pragma once

/// @file
/// Enums whose values have names, listed once:
///
///     enum class Kind { plain, fancy };
///     constexpr std::array<std::string_view, 2> names_of(Kind) { return {"plain", "fancy"}; }

#include <array>
#include <span>
#include <string_view>
#include <type_traits>

#include "heed/core/compiled.hpp"
#include "heed/core/types.hpp"

namespace heed::inline HEED_ISA {

/// An enum of int with names.
template <class E>
concept NamedEnum =
    std::is_enum_v<E> && std::is_same_v<std::underlying_type_t<E>, int> && requires(E value) { names_of(value); };

/// The names of an enum's values, in order.
template <NamedEnum E>
inline constexpr auto choices = names_of(E());

namespace detail {
/// Whether a comma-separated list contains this name.
constexpr bool listed_in(std::string_view list, std::string_view name) {
  while (!list.empty()) {
    const std::size_t end = list.find(',');
    if (list.substr(0, end) == name) return true;
    list.remove_prefix(end == std::string_view::npos ? list.size() : end + 1);
  }
  return false;
}
/// The index of `text` among the names. Throws if it is not a name, or if it is one of the exceptions.
HEED_FUNCTION int choice_from(std::string_view text, std::span<const std::string_view> names, std::string_view where,
                              std::string_view except = {});
/// Whether a number is that of one of the names.
constexpr bool has_name(int value, std::span<const std::string_view> names) {
  return value >= 0 && static_cast<std::size_t>(value) < names.size();
}
[[noreturn]] void throw_no_such(std::string_view what, int value, std::span<const std::string_view> names,
                                std::string_view where, std::string_view except = {});
}  // namespace detail

/// The name of an enum's value; "no such value" if it is none of them, as after a cast.
template <NamedEnum E>
constexpr std::string_view to_text(E value) {
  const int i = static_cast<int>(value);
  return detail::has_name(i, choices<E>) ? choices<E>[static_cast<std::size_t>(i)] : std::string_view("no such value");
}

/// Throws if an enum's value has no name, as after a cast. `what` is the name of the choice in the error.
template <NamedEnum E>
void check_choice(E value, std::string_view what, std::string_view where) {
  const int i = static_cast<int>(value);
  if (!detail::has_name(i, choices<E>)) detail::throw_no_such(what, i, choices<E>, where);
}

/// The value with this name. Throws if there is none. `where` is the name of the choice in the error.
template <NamedEnum E>
E from_text(std::string_view text, std::string_view where) {
  return static_cast<E>(detail::choice_from(text, choices<E>, where));
}

}  // namespace heed::inline HEED_ISA

#if HEED_BODIES

#include <algorithm>
#include <string>

#include "heed/core/error.hpp"
#include "heed/options/metadata.hpp"

namespace heed::inline HEED_ISA::detail {

inline std::string listed(std::span<const std::string_view> names, std::string_view except) {
  std::string all;
  for (const std::string_view name : names) {
    if (listed_in(except, name)) continue;
    if (!all.empty()) all += ", ";
    all += name;
  }
  return all;
}

HEED_FUNCTION int choice_from(std::string_view text, std::span<const std::string_view> names, std::string_view where,
                              std::string_view except) {
  const auto found = std::find(names.begin(), names.end(), text);
  require(found != names.end() && !listed_in(except, text),
          [&] { return Fault{"wrong value", where, "one of " + listed(names, except), quote(text)}; });
  return static_cast<int>(found - names.begin());
}

HEED_COLD HEED_FUNCTION void throw_no_such(std::string_view what, int value, std::span<const std::string_view> names,
                                           std::string_view where, std::string_view except) {
  throw Error(Fault{"no such " + std::string(what), where, "one of " + listed(names, except), text_of(value)});
}

}  // namespace heed::inline HEED_ISA::detail

#endif
