#pragma once

/// @file
/// The multipliers of dropout: 0 or 1/(1 - rate), a function of key, row and position.

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <type_traits>

#include "heed/core/error.hpp"
#include "heed/core/rng.hpp"
#include "heed/core/scratch.hpp"
#include "heed/core/types.hpp"

namespace heed::inline HEED_ISA {

/// Throws if a dropout rate is not in [0, 1). `where` and `option` name it in the error.
inline void check_dropout_rate(double rate, const char* where, const char* option) {
  require(rate >= 0 && rate < 1,
          [&] { return Fault{"option out of range", where, std::string(option) + " in [0, 1)", text_of(rate)}; });
}

/// Inverted dropout (Srivastava et al. 2014): a number is dropped with probability `rate`; the others are scaled by
/// 1/(1 - rate), so that the mean stays the same. The decision is a function of key, row, group and position. It is the
/// same in every lane, for tiles of any width, in float and in double.
class DropoutMask {
 public:
  DropoutMask(double rate, Key key, Index first_row)
      : dropped_below_(static_cast<std::uint32_t>(std::min(rate * 0x1p32, 0x1p32 - 1))),
        scale_(1 / (1 - rate)),
        key_(key),
        first_row_(first_row) {}
  DropoutMask(double rate, const Pass& pass) : DropoutMask(rate, pass.key, pass.first_row) {}

  /// Whether this pass drops anything. If not, dropout is the identity.
  static bool active(double rate, const Pass& pass) { return pass.training && rate > 0; }

  /// The multipliers of the numbers first .. first + count of a group, for the rows from `first_row` on, laid out as in
  /// tiles: [number][lane]. A group is a step, or a head's query. Groups and numbers are counted up to 2^32.
  template <class S>
  void fill(S* to, Index count, Index lanes, Index first = 0, Index group = 0) const {
    // a block of lanes for each number; with a single lane, a block of numbers
    const bool one = lanes == 1;
    const auto step = static_cast<std::uint32_t>(one ? block : 1);
    const Words consecutive = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    const Words offset = one ? consecutive : Words{};
    Rows rows = {};
    for (Index lane = 0; lane < lanes; lane += block) {
      set_rows(lane, one ? 0 : 1, static_cast<std::uint32_t>(group) * weyl, rows);
      Words numbers = (offset + static_cast<std::uint32_t>(first)) * weyl;
      for (Index i = 0; i < count; i += step, numbers += step * weyl) {
        put(rows, numbers, std::min(block, one ? count - i : lanes - lane), to + i * lanes + lane);
      }
    }
  }

 private:
  static constexpr Index block = 16;
  static constexpr std::uint32_t weyl = 0x9e3779b9U;  // 2^32 over the golden ratio; number i uses i times it
  typedef std::uint32_t Words __attribute__((vector_size(4 * block)));

  // 64 bits for each row: where its sequence of numbers starts, and what is added between the two rounds of mixing
  struct Rows {
    Words start, second;
  };
  void set_rows(Index lane, Index step, std::uint32_t site, Rows& rows) const {
    for (Index j = 0; j < block; ++j) {
      const std::uint64_t bits = key_.bits(static_cast<std::uint64_t>(first_row_ + lane + j * step));
      rows.start[j] = static_cast<std::uint32_t>(bits);
      rows.second[j] = static_cast<std::uint32_t>(bits >> 32) ^ site;
    }
  }
  // the finaliser of MurmurHash3 (Appleby 2011)
  static HEED_INLINE void mix(Words& h) {
    h = (h ^ (h >> 16)) * 0x85ebca6bU;
    h = (h ^ (h >> 13)) * 0xc2b2ae35U;
    h = h ^ (h >> 16);
  }
  template <class S>
  HEED_INLINE void put(const Rows& rows, const Words& numbers, Index count, S* to) const {
    using Int = std::conditional_t<sizeof(S) == 4, std::int32_t, std::int64_t>;
    typedef Int Wide __attribute__((vector_size(sizeof(S) * block)));
    Words h = numbers + rows.start;
    mix(h);
    h += rows.second;
    mix(h);
    // a kept number has all bits set, as wide as S
    const Wide kept = __builtin_convertvector(h >= dropped_below_, Wide) & std::bit_cast<Int>(static_cast<S>(scale_));
    std::memcpy(to, &kept, static_cast<std::size_t>(count) * sizeof(S));
  }

  std::uint32_t dropped_below_;
  double scale_;
  Key key_;
  Index first_row_;
};

}  // namespace heed::inline HEED_ISA
