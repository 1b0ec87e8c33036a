#pragma once

/// @file
/// What a program sees of the library that makes calls of the system fail. It is preloaded: `LD_PRELOAD=shim.so`.
/// A program of one's own arms it by these functions. Any other program is told by its environment:
/// `HEED_FAULT="write 3 ENOSPC on"`: the write number 3, counted from 0, and all after it find the disk full.

#include <cerrno>

namespace faults {

enum class Kind { none, memory, open, read, write, fsync, rename, mmap, truncate, close, thread, stat, mode, reserve };
enum class Mode {
  once,   // one call fails
  on,     // it and all calls after it
  brief,  // it and all calls after it do a part of their work: a read or a write of one byte
};

struct Fault {
  Kind kind = Kind::none;
  long call = 0;  // counted from 0
  int error = EIO;
  Mode mode = Mode::once;
};

}  // namespace faults

extern "C" {
/// From now on a call of this kind fails. Nothing fails with `Kind::none`.
void heed_fault_arm(const faults::Fault* fault) __attribute__((weak));
/// Whether the call has come.
bool heed_fault_reached() __attribute__((weak));
/// The blocks of memory that were taken and not given back.
long heed_fault_blocks() __attribute__((weak));
}
