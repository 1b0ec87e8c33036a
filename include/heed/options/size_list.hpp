#pragma once

/// @file
/// A short list of sizes, for options.

#include <array>
#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>

#include "heed/core/compiled.hpp"
#include "heed/core/types.hpp"

namespace heed::inline HEED_ABI {

/// Up to 16 sizes: `{8, 5, 3}`, or a single one, `64`. Usable in constant expressions.
class SizeList {
 public:
  static constexpr Index most = 16;

  constexpr SizeList() = default;
  constexpr SizeList(Index one) : values_{one}, count_(1) {}
  /// Throws if there are more than 16.
  constexpr SizeList(std::initializer_list<Index> values) {
    for (const Index value : values) push_back(value);
  }

  constexpr Index size() const { return count_; }
  constexpr bool empty() const { return count_ == 0; }
  constexpr Index operator[](Index i) const { return values_[static_cast<std::size_t>(i)]; }
  constexpr const Index* begin() const { return values_.data(); }
  constexpr const Index* end() const { return values_.data() + count_; }
  /// Throws if the list is full (16).
  constexpr void push_back(Index value) {
    if (count_ == most) throw_full();
    values_[static_cast<std::size_t>(count_++)] = value;
  }
  friend constexpr bool operator==(const SizeList& a, const SizeList& b) {
    if (a.count_ != b.count_) return false;
    for (Index i = 0; i < a.count_; ++i) {
      if (a[i] != b[i]) return false;
    }
    return true;
  }

 private:
  [[noreturn]] static void throw_full();

  std::array<Index, most> values_{};
  Index count_ = 0;
};

/// "8,5,3"; an empty list gives "".
std::string to_text(const SizeList& sizes);

}  // namespace heed::inline HEED_ABI

namespace heed::inline HEED_ISA {

/// Parses "8,5,3". Throws if the text is not a list of sizes. `where` is its name in the error.
SizeList sizes_from(std::string_view text, std::string_view where);

}  // namespace heed::inline HEED_ISA

#if HEED_BODIES

#include <algorithm>

#include "heed/core/error.hpp"
#include "heed/options/metadata.hpp"

namespace heed::inline HEED_ABI {

HEED_COLD HEED_SHARED_FUNCTION void SizeList::throw_full() {
  throw Error(Fault{"too many sizes in a list", {}, "at most " + text_of(most), "more"});
}

HEED_COLD HEED_SHARED_FUNCTION std::string to_text(const SizeList& sizes) {
  std::string text;
  for (const Index size : sizes) text += (text.empty() ? "" : ",") + text_of(size);
  return text;
}

}  // namespace heed::inline HEED_ABI

namespace heed::inline HEED_ISA {

HEED_COLD HEED_FUNCTION SizeList sizes_from(std::string_view text, std::string_view where) {
  const auto wrong = [&] {
    throw Error(Fault{"wrong value", where, "at most " + text_of(SizeList::most) + " whole numbers, as 8,5,3",
                      detail::quote(text)});
  };
  SizeList sizes;
  std::string_view rest = text;
  while (!rest.empty()) {
    const std::size_t length = std::min(rest.find(','), rest.size());
    Index size = 0;
    const bool ends_in_comma = length + 1 == rest.size();
    if (!detail::parse(rest.substr(0, length), size) || ends_in_comma || sizes.size() == SizeList::most) wrong();
    sizes.push_back(size);
    rest.remove_prefix(std::min(length + 1, rest.size()));
  }
  return sizes;
}

}  // namespace heed::inline HEED_ISA

#endif
