#pragma once

// A shard as one message: the numbers of its gradient one after another, then its totals.

#include <cstddef>
#include <cstring>
#include <span>

#include "heed/core/buffer.hpp"
#include "heed/core/simd.hpp"
#include "heed/core/types.hpp"
#include "heed/core/visit.hpp"
#include "heed/train/reducer.hpp"

namespace heed::inline HEED_ISA {
namespace detail {

/// Memory that only grows.
class MpiMessage {
 public:
  /// Room for a shard of this size.
  template <class Model>
  std::span<std::byte> room_for(const Shard<Model>& like) {
    std::size_t size = sizeof(Totals);
    for_each_parameter([&](const Path&, const auto& p) { size += bytes_of(p); }, like.gradient);
    return {buffer_.reserve(static_cast<Index>(size)), size};
  }

  template <class Model>
  std::span<std::byte> pack(const Shard<Model>& shard) {
    const std::span<std::byte> all = room_for(shard);
    std::byte* to = all.data();
    for_each_parameter(
        [&](const Path&, const auto& p) {
          std::memcpy(to, p.data(), bytes_of(p));
          to += bytes_of(p);
        },
        shard.gradient);
    std::memcpy(to, &shard.totals, sizeof(Totals));
    return all;
  }

  template <class Model>
  void unpack(Shard<Model>& shard) const {
    const std::byte* from = buffer_.data();
    for_each_parameter(
        [&](const Path&, auto& p) {
          std::memcpy(p.data(), from, bytes_of(p));
          from += bytes_of(p);
        },
        shard.gradient);
    std::memcpy(&shard.totals, from, sizeof(Totals));
  }

  /// shard += what was packed, as Shard's own += does.
  template <class Model>
  void add_to(Shard<Model>& shard) const {
    const std::byte* from = buffer_.data();
    for_each_parameter(
        [&](const Path&, auto& sum) {
          using S = typename std::remove_reference_t<decltype(sum)>::Scalar;
          const S* part = reinterpret_cast<const S*>(from);
          simd::for_each_packet<S>(sum.size(), [&]<class P>(Index k) HEED_LAMBDA {
            simd::accumulate(sum.data() + k, simd::load<P>(part + k));
          });
          from += bytes_of(sum);
        },
        shard.gradient);
    Totals totals;
    std::memcpy(&totals, from, sizeof(Totals));
    shard.totals += totals;
  }

 private:
  template <class P>
  static std::size_t bytes_of(const P& parameter) {
    return static_cast<std::size_t>(parameter.size()) * sizeof(typename P::Scalar);
  }

  Buffer<std::byte> buffer_;
};

}  // namespace detail
}  // namespace heed::inline HEED_ISA
