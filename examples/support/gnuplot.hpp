#pragma once

// Runs gnuplot (http://gnuplot.info; Debian: gnuplot-nox) on a script, for pictures.

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "heed/core/error.hpp"
#include "heed/core/file.hpp"

namespace support {

namespace fs = std::filesystem;

/// The bytes of the character of UTF-8 at the start of a text; 0 where there is none.
inline std::size_t utf8_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  const std::size_t length = first < 0x80 ? 1 : first >= 0xC2 && first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
  if (length > text.size() || (first >= 0x80 && first < 0xC2) || first > 0xF4) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return 0;
  }
  if (length > 2) {  // not too long, no surrogate, in range
    const unsigned char second = byte(1);
    if ((first == 0xE0 && second < 0xA0) || (first == 0xED && second >= 0xA0) || (first == 0xF0 && second < 0x90) ||
        (first == 0xF4 && second >= 0x90)) {
      return 0;
    }
  }
  return length;
}

/// The text as a string of gnuplot, in which nothing is expanded. Bytes that are no UTF-8 are taken as Latin-1, control
/// characters are blanks.
inline std::string gnuplot_text(std::string_view text) {
  std::string result = "'";
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    const auto first = static_cast<unsigned char>(text[0]);
    if (length == 0) {
      result += static_cast<char>(0xC0 | (first >> 6));
      result += static_cast<char>(0x80 | (first & 0x3F));
    } else if (first < 0x20 || first == 0x7F) {
      result += ' ';
    } else {
      result += text.substr(0, length);
      if (first == '\'') result += '\'';
    }
    text.remove_prefix(length == 0 ? 1 : length);
  }
  return result + '\'';
}

namespace detail {

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
  if (heed::detail::uninterrupted([&] { return ::waitpid(child, &status, 0); }) != child) return -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace detail

/// Throws where a picture cannot be drawn to `path`: the name does not end in .png or .svg, it cannot be written, or
/// gnuplot is not installed. For programs that draw at the end of long work.
inline void check_picture(const fs::path& path) {
  heed::require(path.extension() == ".png" || path.extension() == ".svg", [&] {
    return heed::Fault{"a picture is named .png or .svg", path.string(), {}, {}};
  });
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
