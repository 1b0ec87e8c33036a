#pragma once

/// @file
/// Counts heap allocations by replacing the global `operator new` and `operator delete`. Include it in one source of a
/// test program, no more: replacements must not be inline. Sanitizers go on watching malloc and free below.

#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <new>

namespace test_support {

namespace detail {
inline std::atomic<long> allocation_count{0};

inline void* allocate(std::size_t size, std::size_t alignment) noexcept {
  allocation_count.fetch_add(1, std::memory_order_relaxed);
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
}  // namespace detail

/// How often any thread has allocated since the program began.
inline long allocations() { return detail::allocation_count.load(); }

}  // namespace test_support

// NOLINTBEGIN(misc-definitions-in-headers)
void* operator new(std::size_t n) { return test_support::detail::allocate_or_throw(n, test_support::detail::usual); }
void* operator new[](std::size_t n) { return test_support::detail::allocate_or_throw(n, test_support::detail::usual); }
void* operator new(std::size_t n, std::align_val_t a) {
  return test_support::detail::allocate_or_throw(n, static_cast<std::size_t>(a));
}
void* operator new[](std::size_t n, std::align_val_t a) {
  return test_support::detail::allocate_or_throw(n, static_cast<std::size_t>(a));
}
void* operator new(std::size_t n, const std::nothrow_t&) noexcept {
  return test_support::detail::allocate(n, test_support::detail::usual);
}
void* operator new[](std::size_t n, const std::nothrow_t&) noexcept {
  return test_support::detail::allocate(n, test_support::detail::usual);
}
void* operator new(std::size_t n, std::align_val_t a, const std::nothrow_t&) noexcept {
  return test_support::detail::allocate(n, static_cast<std::size_t>(a));
}
void* operator new[](std::size_t n, std::align_val_t a, const std::nothrow_t&) noexcept {
  return test_support::detail::allocate(n, static_cast<std::size_t>(a));
}
void operator delete(void* p) noexcept { test_support::detail::release(p); }
void operator delete[](void* p) noexcept { test_support::detail::release(p); }
void operator delete(void* p, std::size_t) noexcept { test_support::detail::release(p); }
void operator delete[](void* p, std::size_t) noexcept { test_support::detail::release(p); }
void operator delete(void* p, std::align_val_t) noexcept { test_support::detail::release(p); }
void operator delete[](void* p, std::align_val_t) noexcept { test_support::detail::release(p); }
void operator delete(void* p, std::size_t, std::align_val_t) noexcept { test_support::detail::release(p); }
void operator delete[](void* p, std::size_t, std::align_val_t) noexcept { test_support::detail::release(p); }
void operator delete(void* p, const std::nothrow_t&) noexcept { test_support::detail::release(p); }
void operator delete[](void* p, const std::nothrow_t&) noexcept { test_support::detail::release(p); }
void operator delete(void* p, std::align_val_t, const std::nothrow_t&) noexcept { test_support::detail::release(p); }
void operator delete[](void* p, std::align_val_t, const std::nothrow_t&) noexcept { test_support::detail::release(p); }
// NOLINTEND(misc-definitions-in-headers)
