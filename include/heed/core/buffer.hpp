#pragma once

/// @file
/// Memory: aligned, grow-only, owned by whoever calls the layers.

#include <cstddef>
#include <limits>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

#include "heed/core/compiled.hpp"
#include "heed/core/types.hpp"

namespace heed::inline HEED_ABI {

/// Every weight, tile and buffer starts at a multiple of this: a cache line, and the widest vector register.
inline constexpr std::size_t alignment = 64;

namespace abi_detail {
struct AlignedDelete {
  void operator()(void* p) const noexcept { ::operator delete(p, std::align_val_t(alignment)); }
};
inline thread_local Index allocated = 0;
inline thread_local Index most_allocated = std::numeric_limits<Index>::max();     // what `allocated` may become
inline thread_local const char* budget_user = nullptr;                            // who is not to allocate more
inline thread_local void (*on_allocation)(void* p, std::size_t bytes) = nullptr;  // of tests: null, or who is told
/// Room for `count` numbers of `size` bytes. Throws `Error` where there is none, or where it is over the budget: also
/// where the count is negative, a product that went too far.
void* aligned_room(Index count, std::size_t size);
}  // namespace abi_detail

/// How much aligned memory this thread has allocated since it began: what a piece of work takes is the difference.
inline Index allocated_bytes() { return abi_detail::allocated; }

/// While it lives, this thread allocates so many bytes of aligned memory at most, parameters among them: more of it is
/// an `Error`, thrown before the memory is taken. What is freed meanwhile counts, too. Budgets nest: the least counts.
class AllocationBudget {
 public:
  /// `what` is to outlive it: messages say that it needs more memory than it may.
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

/// Uninitialised memory for plain numbers, aligned to `alignment`. What it may not or cannot have is an `Error`.
template <class S>
using AlignedArray = std::unique_ptr<S[], abi_detail::AlignedDelete>;

template <class S>
AlignedArray<S> allocate_aligned(Index count) {
  static_assert(std::is_trivially_copyable_v<S> && std::is_trivially_destructible_v<S>);
  if (count == 0) return {};  // a part that an option switched off
  return AlignedArray<S>(static_cast<S*>(abi_detail::aligned_room(count, sizeof(S))));
}

/// Memory that only grows. Growing does not keep the contents. A copy starts empty: what a buffer holds belongs to one
/// user of it.
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

  /// Room for `count` numbers. Throws `Error` where there is none, or the count is negative: a product went
  /// too far.
  S* reserve(Index count) {
    if (static_cast<std::size_t>(count) > static_cast<std::size_t>(capacity_)) [[unlikely]]
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

#include <string>

#if defined(__linux__)
#include <sys/mman.h>

#include <cstdint>
#endif

#include "heed/core/error.hpp"

namespace heed::inline HEED_ABI {

namespace abi_detail {
/// Where they may be, pages of `p` are huge: numbers of long sequences span so many small ones that looking these up
/// takes as long as the work.
inline void want_huge_pages([[maybe_unused]] void* p, [[maybe_unused]] std::size_t bytes) {
#if defined(__linux__) && defined(MADV_HUGEPAGE)
  constexpr std::uintptr_t page = std::uintptr_t(2) << 20;
  if (bytes < 2 * page) return;
  const std::uintptr_t from = reinterpret_cast<std::uintptr_t>(p), first = (from + page - 1) / page * page;
  madvise(reinterpret_cast<void*>(first), (from + bytes - first) / page * page, MADV_HUGEPAGE);  // or they are small
#endif
}
}  // namespace abi_detail

HEED_COLD HEED_SHARED_FUNCTION void* abi_detail::aligned_room(Index count, std::size_t size) {
  const auto n = static_cast<std::size_t>(count);
  const auto fault = [&] {
    if (!budget_user) return Fault{abi_detail::no_room, {}, {}, text_of(count) + " numbers"};
    return Fault{std::string(budget_user) + " needs far more memory than it may",
                 {},
                 text_of(most_allocated - allocated) + " bytes more at most",
                 text_of(count) + " numbers"};
  };
  require(n <= static_cast<std::size_t>(most_allocated - allocated) / size, fault);
  // one alignment more: kernels may load a whole packet at the last element
  void* const p = ::operator new(n * size + alignment, std::align_val_t(alignment), std::nothrow);
  require(p != nullptr, [&] { return Fault{abi_detail::no_room, {}, {}, text_of(count) + " numbers"}; });
  want_huge_pages(p, n * size);
  allocated += count * static_cast<Index>(size);  // what failed took nothing
  if (on_allocation) [[unlikely]]
    on_allocation(p, n * size);
  return p;
}

}  // namespace heed::inline HEED_ABI

#endif
