#pragma once

// What a reader may hold in memory for one input, checked at each allocation.

#include <sanitizer/allocator_interface.h>

#include <atomic>
#include <cstddef>
#include <cstdio>
#include <cstdlib>

namespace heed::fuzz {

/// During its lifetime, the memory that is allocated and not freed may be at most `factor * bytes + 1 MB`; more aborts.
/// `bytes` is the size of the input, or of what a compressed one unpacks to. One object lives at a time.
class MemoryLimit {
 public:
  explicit MemoryLimit(std::size_t bytes, std::size_t factor = 2) {
    static const int installed = __sanitizer_install_malloc_and_free_hooks(allocated, freed);
    if (!installed) fail("no hooks for the memory limit");
    live_ = 0;
    most_ = static_cast<long long>(factor * bytes + (1 << 20));
  }
  MemoryLimit(const MemoryLimit&) = delete;
  MemoryLimit& operator=(const MemoryLimit&) = delete;
  ~MemoryLimit() { most_ = 0; }

 private:
  static void allocated(const volatile void*, std::size_t bytes) {
    const long long live = live_ += static_cast<long long>(bytes), most = most_;
    if (most == 0 || live <= most) return;
    most_ = 0;  // printing may allocate
    std::fprintf(stderr, "memory limit: %lld bytes are held, at most %lld may be; the last request was %zu bytes\n",
                 live, most, bytes);
    std::abort();
  }
  static void freed(const volatile void* p) {
    if (p) live_ -= static_cast<long long>(__sanitizer_get_allocated_size(p));
  }
  [[noreturn]] static void fail(const char* what) {
    std::fprintf(stderr, "%s\n", what);
    std::abort();
  }

  static inline std::atomic<long long> live_ = 0;  // since the limit was set; threads of readers count
  static inline std::atomic<long long> most_ = 0;  // 0: no limit
};

}  // namespace heed::fuzz
