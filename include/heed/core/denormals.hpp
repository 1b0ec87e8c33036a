#pragma once

/// @file
/// Denormal numbers, those nearer to zero than 1e-38 (double: 2e-308), are zeros while heed computes.
///
/// A processor takes some hundred cycles for an operation on one, and recurrent states, gradients and moments that
/// decay come to them and stay. They are too small to change a result.

#include <cstdint>

#include "heed/core/isa.hpp"

#if defined(_MSC_VER) && !defined(__clang__)
#include <Eigen/Core>  // has the intrinsics
#endif

namespace heed::inline HEED_ISA {

/// While it lives, this thread takes denormal numbers for zeros and makes none. Then the thread's mode is again what it
/// was: all of MXCSR on x86, of FPCR on ARM. On other processors it does nothing.
///
/// All that computes in heed has one: training, evaluation, `TrainingStep`, optimizers, `Predictor`, `Stream`,
/// decoders, and every thread of a `ThreadPool`. Layers, losses and environments that they call run in that mode;
/// callbacks run in the caller's. A program that calls layers itself makes one of its own.
class [[nodiscard]] FlushDenormals {
 public:
  FlushDenormals() noexcept : before_(mode()) {
    if ((before_ & flush) != flush) set_mode(before_ | flush);
  }
  ~FlushDenormals() { set_mode(before_); }
  FlushDenormals(const FlushDenormals&) = delete;
  FlushDenormals& operator=(const FlushDenormals&) = delete;

  /// Whether this thread does so now.
  static bool active() noexcept { return flush != 0 && (mode() & flush) == flush; }

 private:
  // The memory clobbers keep loads and stores, and what is computed between them, on their side.
#if defined(__SSE2__) && (defined(__GNUC__) || defined(__clang__))
  using Mode = std::uint32_t;
  static constexpr Mode flush = 0x8040;  // flush to zero, denormals are zero
  static Mode mode() noexcept { return __builtin_ia32_stmxcsr(); }
  static void set_mode(Mode mode) noexcept {
    asm volatile("" ::: "memory");
    __builtin_ia32_ldmxcsr(mode);
    asm volatile("" ::: "memory");
  }
#elif defined(_M_X64) && defined(_MSC_VER)
  using Mode = std::uint32_t;
  static constexpr Mode flush = 0x8040;
  static Mode mode() noexcept { return _mm_getcsr(); }
  static void set_mode(Mode mode) noexcept { _mm_setcsr(mode); }
#elif defined(__aarch64__)
  using Mode = std::uint64_t;
  static constexpr Mode flush = Mode(1) << 24;  // FZ: inputs and results
  static Mode mode() noexcept {
    Mode mode;
    asm volatile("mrs %0, fpcr" : "=r"(mode));
    return mode;
  }
  static void set_mode(Mode mode) noexcept { asm volatile("msr fpcr, %0" ::"r"(mode) : "memory"); }
#elif defined(__arm__) && defined(__ARM_FP)
  using Mode = std::uint32_t;
  static constexpr Mode flush = Mode(1) << 24;
  static Mode mode() noexcept {
    Mode mode;
    asm volatile("vmrs %0, fpscr" : "=r"(mode));
    return mode;
  }
  static void set_mode(Mode mode) noexcept { asm volatile("vmsr fpscr, %0" ::"r"(mode) : "memory", "vfpcc"); }
#else
  using Mode = std::uint32_t;
  static constexpr Mode flush = 0;
  static Mode mode() noexcept { return 0; }
  static void set_mode(Mode) noexcept {}
#endif

  Mode before_;
};

}  // namespace heed::inline HEED_ISA
