#pragma once

/// @file
/// Members that take part in a layer although its `visit` does not list them: an inner part of check_layer.hpp.

#include <cstddef>
#include <cstring>
#include <span>
#include <vector>

#include "heed/core/buffer.hpp"
#include "heed/core/visit.hpp"

namespace heed::inline HEED_ISA::testing::detail {

using Bytes = std::span<const std::byte>;

/// Records the arrays that this thread allocates during its lifetime.
class AllocationLog {
 public:
  explicit AllocationLog(std::vector<Bytes>& to) {
    list = &to;
    heed::abi_detail::on_allocation = [](void* p, std::size_t bytes) {
      list->push_back({static_cast<const std::byte*>(p), bytes});
    };
  }
  AllocationLog(const AllocationLog&) = delete;
  AllocationLog& operator=(const AllocationLog&) = delete;
  ~AllocationLog() { heed::abi_detail::on_allocation = nullptr; }

 private:
  static inline thread_local std::vector<Bytes>* list = nullptr;
};

/// A copy of a layer, and its memory that `visit` does not reach: its own bytes, and its arrays.
template <class L>
class WatchedCopy {
 public:
  explicit WatchedCopy(const L& like) : copy_(logged(like, arrays_)) {
    set_zero(copy_);
    std::vector<Bytes> visited, own{{reinterpret_cast<const std::byte*>(&copy_), sizeof(L)}};
    for_each_parameter(
        [&](const Path&, const ParameterArray<typename L::Scalar>& p) {
          visited.push_back({reinterpret_cast<const std::byte*>(p.data()), 1});
          visited.push_back({reinterpret_cast<const std::byte*>(&p), sizeof p});
        },
        std::as_const(copy_));
    for (const Bytes visit : visited) {
      std::erase_if(arrays_, [&](Bytes array) { return array.data() == visit.data(); });
      own = without(own, visit);
    }
    arrays_.insert(arrays_.end(), own.begin(), own.end());
    for (const Bytes b : arrays_) before_.insert(before_.end(), b.begin(), b.end());
  }
  WatchedCopy(const WatchedCopy&) = delete;
  WatchedCopy& operator=(const WatchedCopy&) = delete;

  L& layer() { return copy_; }
  bool changed() const {
    std::vector<std::byte> now;
    for (const Bytes b : arrays_) now.insert(now.end(), b.begin(), b.end());
    return now != before_;
  }

 private:
  static L logged(const L& like, std::vector<Bytes>& to) {
    const AllocationLog log(to);
    return L(like);
  }
  // the parts of some ranges that lie outside of another range
  static std::vector<Bytes> without(const std::vector<Bytes>& ranges, Bytes other) {
    std::vector<Bytes> rest;
    const std::byte* const first = other.data();
    const std::byte* const last = first + other.size();
    for (const Bytes r : ranges) {
      const std::byte* const end = r.data() + r.size();
      if (last <= r.data() || end <= first) {
        rest.push_back(r);
        continue;
      }
      if (r.data() < first) rest.push_back({r.data(), first});
      if (last < end) rest.push_back({last, end});
    }
    return rest;
  }

  std::vector<Bytes> arrays_;
  L copy_;
  std::vector<std::byte> before_;
};

}  // namespace heed::inline HEED_ISA::testing::detail
