#pragma once

#include <fcntl.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <optional>
#include <string>

namespace test_support {

/// A pseudo terminal of 80 columns: a program writes `theirs`, a test reads `ours`.
struct Terminal {
  int ours = -1, theirs = -1;
  std::string error;  // where there is none
};

inline Terminal open_terminal() {
  const winsize size{.ws_row = 24, .ws_col = 80, .ws_xpixel = 0, .ws_ypixel = 0};
  Terminal t;
  t.ours = ::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (t.ours >= 0 && ::grantpt(t.ours) == 0 && ::unlockpt(t.ours) == 0) {
    if (const char* const name = ::ptsname(t.ours)) t.theirs = ::open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
  }
  if (t.theirs >= 0 && ::ioctl(t.theirs, TIOCSWINSZ, &size) == 0) return t;
  t.error = std::strerror(errno);
  for (int* const end : {&t.ours, &t.theirs}) {
    if (*end >= 0) ::close(*end);
    *end = -1;
  }
  return t;
}

/// Why a test that needs a terminal is skipped here; nothing where there is one.
inline std::optional<std::string> no_terminal() {
  const Terminal t = open_terminal();
  if (!t.error.empty()) return "there is no pseudo terminal here (is /dev/pts mounted?): " + t.error;
  ::close(t.ours);
  ::close(t.theirs);
  return {};
}

}  // namespace test_support
