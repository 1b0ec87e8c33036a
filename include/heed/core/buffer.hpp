#pragma once

/// @file
/// Memory: aligned, only growing, owned by the caller of the layers.

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

#include "heed/core/compiled.hpp"
#include "heed/core/types.hpp"

namespace heed::inline HEED_ABI {

/// Every weight, tile and buffer starts at a multiple of this many bytes: a cache line, and the widest vector register.
inline constexpr std::size_t alignment = 64;

namespace abi_detail {
struct AlignedDelete {
  void operator()(void* p) const noexcept { ::operator delete(p, std::align_val_t(alignment)); }
};
inline thread_local Index allocated = 0;
inline thread_local Index most_allocated = std::numeric_limits<Index>::max();  // the limit of `allocated`
inline thread_local const char* budget_user = nullptr;                         // who must not allocate more
// for tests: called on each allocation unless null
inline thread_local void (*on_allocation)(void* p, std::size_t bytes) = nullptr;
/// Allocates `count` numbers of `size` bytes. Throws `Error` if there is no memory, if the budget is exceeded, or if
/// the count is negative (a product that overflowed).
void* aligned_room(Index count, std::size_t size);
}  // namespace abi_detail

/// The bytes of aligned memory that this thread has allocated since it started. The difference of two calls is what the
/// work between them took.
inline Index allocated_bytes() { return abi_detail::allocated; }

/// During its lifetime, this thread may allocate at most this many bytes of aligned memory, parameters included. A
/// larger request throws an `Error` before memory is taken. Freeing memory does not give budget back. Budgets nest: the
/// smallest applies.
class AllocationBudget {
 public:
  /// `what` names the user of the memory in the error, and must outlive this object.
  explicit AllocationBudget(Index bytes, const char* what) {
    const Index rest = std::numeric_limits<Index>::max() - abi_detail::allocated;
    const Index most = abi_detail::allocated + (bytes < rest ? bytes : rest);
    if (most >= outer_) return;
    abi_detail::most_allocated = most;
    abi_detail::budget_user = what;
  }
  AllocationBudget(const AllocationBudget&) = delete;
  AllocationBudget& operator=(const AllocationBudget&) = delete;
  ~AllocationBudget() {
    abi_detail::most_allocated = outer_;
    abi_detail::budget_user = outer_what_;
  }

 private:
  Index outer_ = abi_detail::most_allocated;
  const char* outer_what_ = abi_detail::budget_user;
};

/// Uninitialised memory for plain numbers, aligned to `alignment`. Throws `Error` as `aligned_room` does.
template <class S>
using AlignedArray = std::unique_ptr<S[], abi_detail::AlignedDelete>;

template <class S>
AlignedArray<S> allocate_aligned(Index count) {
  static_assert(std::is_trivially_copyable_v<S> && std::is_trivially_destructible_v<S>);
  if (count == 0) return {};  // a part that an option switched off
  return AlignedArray<S>(static_cast<S*>(abi_detail::aligned_room(count, sizeof(S))));
}

/// Memory that only grows. Growing does not keep the contents. A copy starts empty, because the contents belong to one
/// user.
template <class S>
class Buffer {
 public:
  Buffer() = default;
  Buffer(const Buffer&) noexcept {}
  Buffer(Buffer&& other) noexcept : data_(std::move(other.data_)), capacity_(std::exchange(other.capacity_, 0)) {}
  Buffer& operator=(const Buffer&) noexcept { return *this; }
  Buffer& operator=(Buffer&& other) noexcept {
    data_ = std::move(other.data_);
    capacity_ = std::exchange(other.capacity_, 0);
    return *this;
  }
  ~Buffer() = default;

  /// Memory for `count` numbers. Throws `Error` if there is none, or if the count is negative (a product that
  /// overflowed).
  S* reserve(Index count) {
    if (static_cast<std::uint64_t>(count) > static_cast<std::uint64_t>(capacity_)) [[unlikely]]
      grow(count);
    return data_.get();
  }
  S* data() const { return data_.get(); }
  Index capacity() const { return capacity_; }

 private:
  HEED_COLD void grow(Index count) {
    data_.reset();
    capacity_ = 0;
    data_ = allocate_aligned<S>(count);
    capacity_ = count;
  }

  AlignedArray<S> data_;
  Index capacity_ = 0;
};

}  // namespace heed::inline HEED_ABI

#if HEED_BODIES

#include <algorithm>
#include <string>

#if defined(__linux__)
#include <sys/mman.h>
#endif

#include "heed/core/error.hpp"

namespace heed::inline HEED_ABI {

namespace abi_detail {
/// Asks for huge pages for `p`, if the system allows it. Arrays of long sequences span so many small pages that looking
/// these up takes as long as the computation.
inline void want_huge_pages([[maybe_unused]] void* p, [[maybe_unused]] std::size_t bytes) {
#if defined(__linux__) && defined(MADV_HUGEPAGE)
  constexpr std::uintptr_t page = std::uintptr_t(2) << 20;
  if (bytes < 2 * page) return;
  const std::uintptr_t from = reinterpret_cast<std::uintptr_t>(p), first = (from + page - 1) / page * page;
  // if it fails, pages stay small
  madvise(reinterpret_cast<void*>(first), (from + bytes - first) / page * page, MADV_HUGEPAGE);
#endif
}
}  // namespace abi_detail

HEED_COLD HEED_SHARED_FUNCTION void* abi_detail::aligned_room(Index count, std::size_t size) {
  const auto fault = [&] {
    if (!budget_user) return Fault{abi_detail::no_room, {}, {}, text_of(count) + " numbers"};
    return Fault{std::string(budget_user) + " needs far more memory than it may",
                 {},
                 text_of(most_allocated - allocated) + " bytes more at most",
                 text_of(count) + " numbers"};
  };
  constexpr Index most = std::numeric_limits<std::ptrdiff_t>::max() - static_cast<std::ptrdiff_t>(alignment);
  const Index room = std::min(most_allocated - allocated, most);
  require(count >= 0 && count <= room / static_cast<Index>(size), fault);
  const auto n = static_cast<std::size_t>(count);
  // one alignment more: kernels may load a whole packet at the last element
  void* const p = ::operator new(n * size + alignment, std::align_val_t(alignment), std::nothrow);
  require(p != nullptr, [&] { return Fault{abi_detail::no_room, {}, {}, text_of(count) + " numbers"}; });
  want_huge_pages(p, n * size);
  allocated += count * static_cast<Index>(size);  // counted only after success
  if (on_allocation) [[unlikely]]
    on_allocation(p, n * size);
  return p;
}

}  // namespace heed::inline HEED_ABI

#endif
