#pragma once

/// @file
/// The ways in which calls fail. What a signal interrupts, and what is done in parts, must succeed all the same.

#include <cerrno>

#include "shim.hpp"

namespace faults {

struct Way {
  Kind kind;
  const char* name;
  int error;
  Mode mode = Mode::once;
  bool must_succeed = false;
};

inline constexpr Way ways[] = {
    {Kind::memory, "malloc", ENOMEM},
    {Kind::memory, "malloc", ENOMEM, Mode::on},
    {Kind::thread, "pthread_create", EAGAIN},
    {Kind::thread, "pthread_create", EAGAIN, Mode::on},
    {Kind::open, "open", EIO},
    {Kind::open, "open", EMFILE, Mode::on},
    {Kind::open, "open", EINTR, Mode::once, true},
    {Kind::read, "read", EIO},
    {Kind::read, "read", EINTR, Mode::once, true},
    {Kind::read, "read", 0, Mode::brief, true},
    {Kind::write, "write", EIO},
    {Kind::write, "write", ENOSPC, Mode::on},
    {Kind::write, "write", EINTR, Mode::once, true},
    {Kind::write, "write", 0, Mode::brief, true},
    {Kind::fsync, "fsync", EIO},
    {Kind::fsync, "fsync", ENOSPC, Mode::on},
    {Kind::fsync, "fsync", EINTR, Mode::once, true},
    {Kind::rename, "rename", EIO},
    {Kind::rename, "rename", ENOSPC, Mode::on},
    {Kind::rename, "rename", EINTR, Mode::once, true},
    {Kind::close, "close", EIO},
    {Kind::close, "close", EINTR, Mode::once, true},
    {Kind::truncate, "ftruncate", EIO},
    {Kind::truncate, "ftruncate", EINTR, Mode::once, true},
    {Kind::mmap, "mmap", ENOMEM},
    {Kind::stat, "stat", EIO},
    {Kind::stat, "stat", EACCES, Mode::on},
    {Kind::mode, "fchmod", EIO},
    {Kind::mode, "fchmod", EINTR, Mode::once, true},
    {Kind::reserve, "fallocate", ENOSPC},
};

}  // namespace faults
