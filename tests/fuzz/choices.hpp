#pragma once

// The bytes of a fuzzer as choices: sizes, numbers, options. Missing bytes are 0.

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "heed/options/fields.hpp"

namespace fuzz {

using heed::Index;

class Choices {
 public:
  explicit Choices(std::span<const std::uint8_t> bytes) : rest_(bytes) {}

  bool empty() const { return rest_.empty(); }
  std::size_t byte() {
    if (rest_.empty()) return 0;
    const std::uint8_t first = rest_.front();
    rest_ = rest_.subspan(1);
    return first;
  }
  /// 0 to n - 1.
  std::size_t below(std::size_t n) {
    std::size_t value = byte();
    for (std::size_t most = 256; most < n; most *= 256) value = value * 256 + byte();
    return value % n;
  }
  bool flag() { return byte() % 2 == 1; }
  bool one_in(std::size_t n) { return below(n) == n - 1; }

  /// Nearly always small and often even; now and then around `most`, or what overflows a product.
  Index size(Index most = Index(1) << 28) {
    constexpr std::array<Index, 8> small{1, 2, 4, 3, 2, 4, 8, 5};
    constexpr Index largest = std::numeric_limits<Index>::max();
    const std::array<Index, 12> limits{0,
                                       -1,
                                       most,
                                       most - 1,
                                       most < largest ? most + 1 : most,
                                       Index(1) << 12,
                                       Index(1) << 31,
                                       Index(1) << 32,
                                       Index(1) << 40,
                                       largest,
                                       -largest,
                                       std::numeric_limits<Index>::min()};
    const std::size_t b = byte();
    return b < 240 ? small[b % small.size()] : limits[below(limits.size())];
  }
  /// A small number; now and then one that no computation can bear.
  template <class S = double>
  S number() {
    using L = std::numeric_limits<S>;
    constexpr std::array<S, 10> special{L::quiet_NaN(),  L::infinity(), -L::infinity(), L::max(), L::lowest(),
                                        L::denorm_min(), L::min(),      S(0),           S(-0.0),  S(1e30)};
    const std::size_t b = byte();
    return b < 240 ? (S(b) - 120) / 60 : special[below(special.size())];
  }
  /// 0 to below 1, or past that.
  double share() { return one_in(16) ? number() : static_cast<double>(byte() % 8) / 8; }
  std::string text() {
    std::string result(below(8), ' ');
    for (char& c : result) c = static_cast<char>(byte());
    return result;
  }
  /// Text that looks like a value of a file.
  std::string value() {
    switch (below(4)) {
      case 0:
        return std::to_string(size());
      case 1:
        return std::to_string(number());
      case 2:
        return std::to_string(size()) + '\n' + std::to_string(size()) + '\n';
      default:
        return text();
    }
  }

 private:
  std::span<const std::uint8_t> rest_;
};

inline Index most_of(const heed::Range& range) {
  return range.most < 0x1p62 ? static_cast<Index>(range.most) : std::numeric_limits<Index>::max();
}

/// Any value for one field of options, of its type.
inline void choose(const heed::FieldRecord& field, Choices& c) {
  using heed::FieldKind;
  const auto as = [&]<class T>(T) -> T& { return *static_cast<T*>(field.value); };
  const Index most = most_of(field.range);
  const std::size_t count = field.kind == FieldKind::indices || field.kind == FieldKind::sizes ? c.below(4) : 0;
  switch (field.kind) {
    case FieldKind::index:
      as(Index()) = c.size(most);
      break;
    case FieldKind::integer:
      as(int()) = static_cast<int>(c.size(most));
      break;
    case FieldKind::seed:
      as(std::uint64_t()) = c.below(4);
      break;
    case FieldKind::number:
      as(double()) = field.range.most <= 1 ? c.share() : c.number();
      break;
    case FieldKind::flag:
      as(bool()) = c.flag();
      break;
    case FieldKind::choice:
      field.set(field.names[c.below(field.names.size())], field.name);
      break;
    case FieldKind::indices: {
      auto& list = as(std::vector<Index>());
      list.clear();
      for (std::size_t i = 0; i < count; ++i) list.push_back(c.size(most));
      break;
    }
    case FieldKind::sizes: {
      std::string text;
      for (std::size_t i = 0; i < count; ++i) text += (i ? "," : "") + std::to_string(c.size(most));
      field.set(count ? text : "none", field.name);
      break;
    }
    case FieldKind::numbers: {
      auto& list = as(std::vector<double>());
      list.clear();
      for (std::size_t i = c.below(4); i > 0; --i) list.push_back(c.number());
      break;
    }
    case FieldKind::texts: {
      auto& list = as(std::vector<std::string>());
      list.clear();
      for (std::size_t i = c.below(3); i > 0; --i) list.push_back(c.text());
      break;
    }
    case FieldKind::factors: {
      auto& list = as(std::vector<heed::NamedFactor>());
      list.clear();
      for (std::size_t i = c.below(3); i > 0; --i) list.push_back({c.text(), c.number()});
      break;
    }
  }
}

/// Options of any kind. Sizes are small, but for a few. Throws heed::Error where a choice is not for this field.
template <heed::Described O>
O options(Choices& c) {
  O o;
  for (const heed::FieldRecord& field : heed::fields_of(o).records) choose(field, c);
  return o;
}

}  // namespace fuzz
