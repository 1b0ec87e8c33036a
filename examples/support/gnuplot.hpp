#pragma once

// Runs gnuplot (http://gnuplot.info; Debian: gnuplot-nox) on a script, for pictures.

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cctype>
#include <cerrno>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "heed/core/detail/utf8.hpp"
#include "heed/core/error.hpp"
#include "heed/files/file.hpp"

namespace support {

namespace fs = std::filesystem;

/// The text as a string of gnuplot, in which nothing is expanded: all but letters by their number. Text that
/// is no UTF-8 is taken as Latin-1; control characters are blanks.
inline std::string gnuplot_text(std::string_view text) {
  std::string result = "\"";
  std::string characters;
  if (heed::abi_detail::first_not_utf8(text) == text.size()) {
    characters = text;
  } else {
    for (const char c : text) heed::abi_detail::append_utf8(characters, static_cast<unsigned char>(c));
  }
  for (const char c : characters) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x80 || std::isalpha(byte) != 0) {
      result += c;
      continue;
    }
    char number[8];
    std::snprintf(number, sizeof number, "\\%03o", byte < 0x20 || byte == 0x7F ? unsigned{' '} : unsigned{byte});
    result += number;
  }
  return result + '"';
}

namespace detail {

inline std::string number(double value) {
  if (!std::isfinite(value)) return "NaN";
  char text[32];
  std::snprintf(text, sizeof text, "%.9g", value);
  return text;
}

/// "set lmargin at screen ..." for a frame in pixels from the upper left corner.
inline std::string frame(int left, int top, int width, int height, int page_width, int page_height) {
  const auto part = [](int pixels, int of) { return number(static_cast<double>(pixels) / of); };
  return "set lmargin at screen " + part(left, page_width) + "\nset rmargin at screen " +
         part(left + width, page_width) + "\nset tmargin at screen " + part(page_height - top, page_height) +
         "\nset bmargin at screen " + part(page_height - top - height, page_height) + "\n";
}

/// A folder of its own, removed in the end.
struct TemporaryFolder {
  fs::path path;
  TemporaryFolder() {
    std::string name = (fs::temp_directory_path() / "heed-picture-XXXXXX").string();
    if (!::mkdtemp(name.data())) heed::detail::throw_system_error(name, "create", errno);
    path = name;
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder() {
    std::error_code ignored;
    fs::remove_all(path, ignored);
  }
};

/// The exit code of a program found by PATH, which writes to the file `log` alone; -1 where it could not be started.
inline int run(std::vector<std::string> words, const fs::path& log) {
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_addopen(&actions, 1, log.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  ::posix_spawn_file_actions_adddup2(&actions, 1, 2);
  pid_t child = 0;
  const int failed = ::posix_spawnp(&child, arguments[0], &actions, nullptr, arguments.data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  if (failed != 0) return -1;
  int status = 0;
  pid_t ended = ::waitpid(child, &status, 0);
  while (ended < 0 && errno == EINTR) ended = ::waitpid(child, &status, 0);
  if (ended != child) return -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace detail

/// Throws where a picture cannot be drawn to `path`: the name does not end in .png or .svg, it cannot be written, or
/// gnuplot is not installed. For programs that draw at the end of long work.
inline void check_picture(const fs::path& path) {
  heed::require(path.extension() == ".png" || path.extension() == ".svg",
                [&] { return heed::Fault{"a picture is named .png or .svg", path.string(), {}, {}}; });
  heed::check_writable(path);
  const detail::TemporaryFolder folder;
  heed::require(detail::run({"gnuplot", "--version"}, folder.path / "log") == 0, [&] {
    return heed::Fault{"pictures need gnuplot, which is not installed (Debian: gnuplot-nox)", path.string(), {}, {}};
  });
}

/// Draws what a script draws on a page of so many pixels. The file is there whole, or as it was before. Throws as
/// `check_picture` does, and where gnuplot fails.
inline void run_gnuplot(const fs::path& path, int width, int height, const std::string& script) {
  check_picture(path);
  const detail::TemporaryFolder folder;
  const fs::path page = folder.path / "page", log = folder.path / "log", commands = folder.path / "script";
  const std::string size = " size " + std::to_string(width) + "," + std::to_string(height);
  std::string start = "set encoding utf8\n";
  if (path.extension() == ".svg") {
    start += "set terminal svg noenhanced font 'DejaVu Sans,12' background 'white'" + size + "\n";
  } else {
    start += "if (strstrt(GPVAL_TERMINALS, 'pngcairo')) set terminal pngcairo noenhanced font 'DejaVu Sans,10'" + size +
             "; else set terminal png noenhanced font 'DejaVuSans,10'" + size + "\n";
  }
  heed::write_file(commands, start + "set output " + gnuplot_text(page.string()) + "\n" + script + "unset output\n");
  const int code = detail::run({"gnuplot", commands.string()}, log);
  heed::require(code == 0 && fs::exists(page), [&] {
    const auto bytes = heed::read_file(log);
    std::string said(reinterpret_cast<const char*>(bytes.data()), std::min<std::size_t>(bytes.size(), 300));
    for (char& c : said) c = c == '\n' ? ' ' : c;
    return heed::Fault{"gnuplot failed: " + said, path.string(), {}, {}};
  });
  heed::write_file(path, {std::span<const std::byte>(heed::read_file(page))});
}

}  // namespace support
