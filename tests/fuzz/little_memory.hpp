#pragma once

// A machine with little memory, for fuzzers of calls that may ask for any amount: a larger request fails, as it would
// there. Include it once in a program.

#include <cstddef>
#include <cstdlib>
#include <new>

namespace heed::fuzz {
inline constexpr std::size_t most_requested = std::size_t(1) << 28;

inline constexpr std::size_t usual = alignof(std::max_align_t);

inline void* requested(std::size_t bytes, std::size_t alignment) noexcept {
  void* p = nullptr;
  return bytes <= most_requested && ::posix_memalign(&p, alignment, bytes) == 0 ? p : nullptr;
}
inline void* required(std::size_t bytes, std::size_t alignment) {
  void* const p = requested(bytes, alignment);
  if (!p) throw std::bad_alloc();
  return p;
}
}  // namespace heed::fuzz

void* operator new(std::size_t n) { return heed::fuzz::required(n, heed::fuzz::usual); }
void* operator new[](std::size_t n) { return heed::fuzz::required(n, heed::fuzz::usual); }
void* operator new(std::size_t n, std::align_val_t a) { return heed::fuzz::required(n, std::size_t(a)); }
void* operator new[](std::size_t n, std::align_val_t a) { return heed::fuzz::required(n, std::size_t(a)); }
void* operator new(std::size_t n, const std::nothrow_t&) noexcept {
  return heed::fuzz::requested(n, heed::fuzz::usual);
}
void* operator new(std::size_t n, std::align_val_t a, const std::nothrow_t&) noexcept {
  return heed::fuzz::requested(n, std::size_t(a));
}
void operator delete(void* p) noexcept { std::free(p); }
void operator delete[](void* p) noexcept { std::free(p); }
void operator delete(void* p, std::size_t) noexcept { std::free(p); }
void operator delete[](void* p, std::size_t) noexcept { std::free(p); }
void operator delete(void* p, std::align_val_t) noexcept { std::free(p); }
void operator delete[](void* p, std::align_val_t) noexcept { std::free(p); }
void operator delete(void* p, std::size_t, std::align_val_t) noexcept { std::free(p); }
void operator delete[](void* p, std::size_t, std::align_val_t) noexcept { std::free(p); }
