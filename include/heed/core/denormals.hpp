#pragma once

/// @file
/// While heed computes, denormal numbers (below 1e-38; double: 2e-308) are zeros, numbers are rounded to the nearest, and
/// nothing traps, whatever mode the caller has chosen.
///
/// A processor takes some hundred cycles for an operation on a denormal number. Recurrent states, gradients and moments
/// that decay become denormal and stay so. Such numbers are too small to change a result.

#include <cstdint>

#include "heed/core/isa.hpp"

#if defined(_MSC_VER) && !defined(__clang__)
#include <Eigen/Core>  // declares the intrinsics
#endif

namespace heed::inline HEED_ISA {

namespace detail {

/// Sets the thread's floating-point mode, and sets it back.
class FloatingMode {
 public:
  explicit FloatingMode(bool flushes) noexcept : before_(mode()) {
    const Mode wanted = plain | (flushes ? flush : Mode(0));
    if ((before_ & ~status) != wanted) set_mode(wanted);
  }
  ~FloatingMode() { set_mode(before_); }
  FloatingMode(const FloatingMode&) = delete;
  FloatingMode& operator=(const FloatingMode&) = delete;

  static bool flushing() noexcept { return flush != 0 && (mode() & flush) == flush; }

 private:
  // The memory clobbers stop the compiler from moving loads, stores and computations across the change of mode.
#if defined(__SSE2__) && (defined(__GNUC__) || defined(__clang__))
  using Mode = std::uint32_t;
  static constexpr Mode plain = 0x1F80;  // all traps are masked; rounding to the nearest is 0
  static constexpr Mode flush = 0x8040;  // flush to zero, denormals are zero
  static constexpr Mode status = 0x3F;   // what has happened
  static Mode mode() noexcept { return __builtin_ia32_stmxcsr(); }
  static void set_mode(Mode mode) noexcept {
    asm volatile("" ::: "memory");
    __builtin_ia32_ldmxcsr(mode);
    asm volatile("" ::: "memory");
  }
#elif defined(_M_X64) && defined(_MSC_VER)
  using Mode = std::uint32_t;
  static constexpr Mode plain = 0x1F80, flush = 0x8040, status = 0x3F;
  static Mode mode() noexcept { return _mm_getcsr(); }
  static void set_mode(Mode mode) noexcept { _mm_setcsr(mode); }
#elif defined(__aarch64__)
  using Mode = std::uint64_t;
  static constexpr Mode plain = 0, status = 0;  // rounding to the nearest and no traps are 0
  static constexpr Mode flush = Mode(1) << 24;  // FZ: inputs and results
  static Mode mode() noexcept {
    Mode mode;
    asm volatile("mrs %0, fpcr" : "=r"(mode));
    return mode;
  }
  static void set_mode(Mode mode) noexcept { asm volatile("msr fpcr, %0" ::"r"(mode) : "memory"); }
#elif defined(__arm__) && defined(__ARM_FP)
  using Mode = std::uint32_t;
  static constexpr Mode plain = 0, flush = Mode(1) << 24, status = 0xF800009F;  // flags and conditions
  static Mode mode() noexcept {
    Mode mode;
    asm volatile("vmrs %0, fpscr" : "=r"(mode));
    return mode;
  }
  static void set_mode(Mode mode) noexcept { asm volatile("vmsr fpscr, %0" ::"r"(mode) : "memory", "vfpcc"); }
#else
  using Mode = std::uint32_t;
  static constexpr Mode plain = 0, flush = 0, status = 0;
  static Mode mode() noexcept { return 0; }
  static void set_mode(Mode) noexcept {}
#endif

  Mode before_;
};

}  // namespace detail

/// During its lifetime, this thread treats denormal numbers as zeros and produces none. It rounds to the nearest number,
/// and division by zero, overflow and invalid operations give infinity or NaN instead of a signal: a caller that rounds
/// upward or traps (`fesetround`, `feenableexcept`) gets the same bits as any other. Its destructor restores the thread's
/// mode: all of MXCSR on x86, of FPCR on ARM. On other processors it does nothing.
///
/// Every computing part of heed has one: training, evaluation, `TrainingStep`, optimizers, `Predictor`, `Stream`,
/// decoders, and each thread of a `ThreadPool`. Layers, losses and environments that they call run in this mode.
/// Callbacks run in the caller's mode. A program that calls layers itself creates one of its own.
class [[nodiscard]] FlushDenormals {
 public:
  FlushDenormals() noexcept : mode_(true) {}

  /// Whether this mode is on in this thread.
  static bool active() noexcept { return detail::FloatingMode::flushing(); }

 private:
  detail::FloatingMode mode_;
};

/// The same, but denormal numbers stay what they are. Readers of files, splits, metrics and ridge regression have one: a
/// number of a file, or a score, is the same whatever mode its caller has chosen.
class [[nodiscard]] DefaultFloatingMode {
 public:
  DefaultFloatingMode() noexcept : mode_(false) {}

  /// A result, computed before the mode ends. Otherwise a compiler may do so later: to it a mode is no reason.
  static double result(double value) noexcept {
    volatile double computed = value;
    return computed;
  }

 private:
  detail::FloatingMode mode_;
};

}  // namespace heed::inline HEED_ISA
