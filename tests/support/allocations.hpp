#pragma once

/// @file
/// Counts heap allocations: by replacing the global `operator new` and `operator delete`, or, where a sanitizer has
/// done that already, through its hook. The replacements are weak, so that several sources of a program may include it.

#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <new>

#include "sanitized.hpp"

#ifdef HEED_TEST_SANITIZED
// of <sanitizer/allocator_interface.h>, which GCC does not bring along
extern "C" int __sanitizer_install_malloc_and_free_hooks(void (*)(const volatile void*, std::size_t),
                                                         void (*)(const volatile void*));
#endif

namespace test_support {

namespace detail {
inline std::atomic<long> allocation_count{0}, allocated{0};
inline void count(std::size_t size) {
  allocation_count.fetch_add(1, std::memory_order_relaxed);
  allocated.fetch_add(static_cast<long>(size), std::memory_order_relaxed);
}
}  // namespace detail

/// How often any thread has allocated since the program began.
inline long allocations() { return detail::allocation_count.load(); }
/// How many bytes they were, given back or not.
inline long allocated_bytes() { return detail::allocated.load(); }

namespace detail {
#ifdef HEED_TEST_SANITIZED

inline const int hook = __sanitizer_install_malloc_and_free_hooks(
    [](const volatile void*, std::size_t size) { count(size); }, [](const volatile void*) {});

#else

inline std::atomic<long> failing{-1};  // the allocation, counted from now, that finds no memory; negative: none

inline void* allocate(std::size_t size, std::size_t alignment) noexcept {
  count(size);
  if (failing.load(std::memory_order_relaxed) >= 0 && failing.fetch_sub(1) == 0) return nullptr;
  const std::size_t rounded = (size + alignment - 1) / alignment * alignment;
  return std::aligned_alloc(alignment, rounded > 0 ? rounded : alignment);
}
inline void* allocate_or_throw(std::size_t size, std::size_t alignment) {
  if (void* p = allocate(size, alignment)) return p;
  throw std::bad_alloc();
}
// not inlined, or GCC takes the pair of new and free for a mistake
[[gnu::noinline]] inline void release(void* p) noexcept { std::free(p); }
inline constexpr std::size_t usual = alignof(std::max_align_t);

#endif
}  // namespace detail

#ifndef HEED_TEST_SANITIZED
/// While it lives the n-th allocation from now on, of any thread, finds no memory; those after it do.
class FailingAllocation {
 public:
  explicit FailingAllocation(long n) { detail::failing = n; }
  FailingAllocation(const FailingAllocation&) = delete;
  FailingAllocation& operator=(const FailingAllocation&) = delete;
  ~FailingAllocation() { detail::failing = -1; }
  /// Whether there were so many.
  static bool failed() { return detail::failing < 0; }
};
#endif

}  // namespace test_support

#ifndef HEED_TEST_SANITIZED

// those of arrays and those that do not throw call these
[[gnu::weak]] void* operator new(std::size_t n) {
  return test_support::detail::allocate_or_throw(n, test_support::detail::usual);
}
[[gnu::weak]] void* operator new(std::size_t n, std::align_val_t a) {
  return test_support::detail::allocate_or_throw(n, static_cast<std::size_t>(a));
}
[[gnu::weak]] void operator delete(void* p) noexcept { test_support::detail::release(p); }
[[gnu::weak]] void operator delete(void* p, std::size_t) noexcept { test_support::detail::release(p); }
[[gnu::weak]] void operator delete(void* p, std::align_val_t) noexcept { test_support::detail::release(p); }
[[gnu::weak]] void operator delete(void* p, std::size_t, std::align_val_t) noexcept {
  test_support::detail::release(p);
}

#endif
