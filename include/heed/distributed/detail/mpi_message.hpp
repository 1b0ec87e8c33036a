#pragma once

// A shard as one message: the numbers of its gradient, then its totals.

#include <cstddef>
#include <cstring>
#include <span>

#include "heed/core/buffer.hpp"
#include "heed/core/parameters.hpp"
#include "heed/core/simd.hpp"
#include "heed/core/types.hpp"
#include "heed/train/reducer.hpp"

namespace heed::inline HEED_ISA {
namespace detail {

/// Memory that only grows.
class MpiMessage {
 public:
  /// Makes room for a shard of this size.
  template <class S>
  std::span<std::byte> room_for(const Shard<S>& like) {
    const auto numbers = static_cast<std::size_t>(count_numbers(like.gradient.parameters()));
    const std::size_t size = numbers * sizeof(S) + sizeof(Totals);
    return {buffer_.reserve(static_cast<Index>(size)), size};
  }

  template <class S>
  std::span<std::byte> pack(const Shard<S>& shard) {
    const std::span<std::byte> all = room_for(shard);
    const Parameters<S>& parameters = shard.gradient.parameters();
    std::byte* to = all.data();
    for (Index i = 0; i < parameters.count(); ++i) {
      std::memcpy(to, parameters[i].data(), bytes_of(parameters[i]));
      to += bytes_of(parameters[i]);
    }
    std::memcpy(to, &shard.totals, sizeof(Totals));
    return all;
  }

  template <class S>
  void unpack(Shard<S>& shard) const {
    Parameters<S>& parameters = shard.gradient.parameters();
    const std::byte* from = buffer_.data();
    for (Index i = 0; i < parameters.count(); ++i) {
      std::memcpy(parameters[i].data(), from, bytes_of(parameters[i]));
      from += bytes_of(parameters[i]);
    }
    std::memcpy(&shard.totals, from, sizeof(Totals));
  }

  /// shard += the packed shard, as Shard's own += does.
  template <class S>
  void add_to(Shard<S>& shard) const {
    Parameters<S>& parameters = shard.gradient.parameters();
    const std::byte* from = buffer_.data();
    for (Index i = 0; i < parameters.count(); ++i) {
      S* sum = parameters[i].data();
      const S* part = reinterpret_cast<const S*>(from);
      simd::for_each_packet<S>(parameters[i].size(), [&]<class P>(Index k) HEED_LAMBDA {
        simd::accumulate(sum + k, simd::load<P>(part + k));
      });
      from += bytes_of(parameters[i]);
    }
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
