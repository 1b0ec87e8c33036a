// Makes calls of the system fail: see shim.hpp. Linux with glibc.

#include "shim.hpp"

#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdarg>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iterator>

extern "C" {
void* __libc_malloc(std::size_t);
void* __libc_calloc(std::size_t, std::size_t);
void* __libc_realloc(void*, std::size_t);
void* __libc_memalign(std::size_t, std::size_t);
void __libc_free(void*);
}

namespace {

using faults::Fault, faults::Kind, faults::Mode;

Fault fault;
std::atomic<long> calls{0}, blocks{0};

constexpr const char* kinds[] = {"none", "memory",   "open",  "read",   "write", "fsync", "rename",
                                 "mmap", "truncate", "close", "thread", "stat",  "mode",  "reserve"};
constexpr struct {
  const char* name;
  int number;
} errors[] = {{"EIO", EIO},       {"ENOSPC", ENOSPC}, {"EINTR", EINTR},  {"ENOMEM", ENOMEM},
              {"EAGAIN", EAGAIN}, {"EMFILE", EMFILE}, {"EACCES", EACCES}};

/// Whether this call is one that fails.
bool due(Kind kind) {
  if (fault.kind != kind) return false;
  const long call = calls.fetch_add(1);
  return fault.mode == Mode::once ? call == fault.call : call >= fault.call;
}
bool fails(Kind kind) {
  if (fault.mode == Mode::brief || !due(kind)) return false;
  errno = fault.error;
  return true;
}
/// The number of bytes that a read or write may take.
std::size_t allowed(Kind kind, std::size_t bytes) {
  return fault.mode == Mode::brief && due(kind) ? std::min<std::size_t>(bytes, 1) : bytes;
}

template <class F>
F* real(F*, const char* name) {
  return reinterpret_cast<F*>(::dlsym(RTLD_NEXT, name));
}
#define REAL(name) static auto* const next = real(&name, #name)

void* counted(void* block) {
  if (block) blocks.fetch_add(1, std::memory_order_relaxed);
  return block;
}
/// Errors must reach the reader: those of standard error are left alone.
bool spared(int file) { return file == STDERR_FILENO; }

/// HEED_FAULT="KIND CALL ERROR [on]"; HEED_FAULT_CALLS=FILE: how many calls of the kind there were, when the program ends
[[gnu::constructor]] void read_environment() {
  const char* const text = std::getenv("HEED_FAULT");
  char kind[16] = "", error[16] = "", mode[16] = "";
  long call = 0;
  if (!text || std::sscanf(text, "%15s %ld %15s %15s", kind, &call, error, mode) < 3) return;
  const auto* const found =
      std::find_if(std::begin(kinds), std::end(kinds), [&](const char* name) { return std::strcmp(name, kind) == 0; });
  const auto* const number = std::find_if(std::begin(errors), std::end(errors),
                                          [&](const auto& e) { return std::strcmp(e.name, error) == 0; });
  if (found == std::end(kinds) || number == std::end(errors)) std::abort();
  fault = {static_cast<Kind>(found - std::begin(kinds)), call, number->number, *mode ? Mode::on : Mode::once};
}

[[gnu::destructor]] void write_calls() {
  const char* const path = std::getenv("HEED_FAULT_CALLS");
  if (!path) return;
  const long found = calls;
  fault = {};
  if (std::FILE* const file = std::fopen(path, "w")) {
    std::fprintf(file, "%ld\n", found);
    std::fclose(file);
  }
}

}  // namespace

extern "C" {

void heed_fault_arm(const Fault* next) {
  fault.kind = next->kind;
  if (next->kind == Kind::none) return;  // what has happened can still be asked for
  calls = 0;
  fault = *next;
}
bool heed_fault_reached() { return calls > fault.call; }
long heed_fault_blocks() { return blocks; }

void* malloc(std::size_t n) { return fails(Kind::memory) ? nullptr : counted(__libc_malloc(n)); }
void* calloc(std::size_t n, std::size_t size) {
  return fails(Kind::memory) ? nullptr : counted(__libc_calloc(n, size));
}
void* realloc(void* p, std::size_t n) {
  if (fails(Kind::memory)) return nullptr;
  void* const q = __libc_realloc(p, n);
  if (!p) counted(q);
  return q;
}
void* memalign(std::size_t alignment, std::size_t n) {
  return fails(Kind::memory) ? nullptr : counted(__libc_memalign(alignment, n));
}
void* aligned_alloc(std::size_t alignment, std::size_t n) { return memalign(alignment, n); }
int posix_memalign(void** p, std::size_t alignment, std::size_t n) {
  void* const block = memalign(alignment, n);
  if (!block) return ENOMEM;
  *p = block;
  return 0;
}
void free(void* p) {
  if (p) blocks.fetch_sub(1, std::memory_order_relaxed);
  __libc_free(p);
}

int open(const char* path, int flags, ...) {
  REAL(open);
  va_list list;
  va_start(list, flags);
  const mode_t mode = (flags & O_CREAT) || (flags & O_TMPFILE) == O_TMPFILE ? va_arg(list, mode_t) : 0;
  va_end(list);
  return fails(Kind::open) ? -1 : next(path, flags, mode);
}
int open64(const char* path, int flags, ...) __attribute__((alias("open")));
ssize_t read(int file, void* to, std::size_t n) {
  REAL(read);
  return fails(Kind::read) ? -1 : next(file, to, allowed(Kind::read, n));
}
ssize_t write(int file, const void* from, std::size_t n) {
  REAL(write);
  if (spared(file)) return next(file, from, n);
  return fails(Kind::write) ? -1 : next(file, from, allowed(Kind::write, n));
}
int fsync(int file) {
  REAL(fsync);
  return fails(Kind::fsync) ? -1 : next(file);
}
int rename(const char* from, const char* to) noexcept {
  REAL(rename);
  return fails(Kind::rename) ? -1 : next(from, to);
}
void* mmap(void* at, std::size_t n, int protection, int flags, int file, off_t from) noexcept {
  REAL(mmap);
  return fails(Kind::mmap) ? MAP_FAILED : next(at, n, protection, flags, file, from);
}
int ftruncate(int file, off_t n) noexcept {
  REAL(ftruncate);
  return fails(Kind::truncate) ? -1 : next(file, n);
}
int close(int file) {
  REAL(close);
  const bool fail = fails(Kind::close);
  const int result = next(file);  // Linux closes the file, whatever it says
  return fail ? (errno = fault.error, -1) : result;
}
int pthread_create(pthread_t* thread, const pthread_attr_t* how, void* (*start)(void*), void* argument) noexcept {
  REAL(pthread_create);
  return fails(Kind::thread) ? fault.error : next(thread, how, start, argument);
}
int stat(const char* path, struct stat* status) noexcept {
  REAL(stat);
  return fails(Kind::stat) ? -1 : next(path, status);
}
int lstat(const char* path, struct stat* status) noexcept {
  REAL(lstat);
  return fails(Kind::stat) ? -1 : next(path, status);
}
int fstat(int file, struct stat* status) noexcept {
  REAL(fstat);
  return fails(Kind::stat) ? -1 : next(file, status);
}
int fchmod(int file, mode_t mode) noexcept {
  REAL(fchmod);
  return fails(Kind::mode) ? -1 : next(file, mode);
}
int fallocate(int file, int mode, off_t from, off_t n) {
  REAL(fallocate);
  return fails(Kind::reserve) ? -1 : next(file, mode, from, n);
}

}  // extern "C"
