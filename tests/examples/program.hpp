#pragma once

// Runs the trainer as a user does: in a folder of its own, with its output captured.

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <span>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "../data/support.hpp"
#include "../support/terminal.hpp"
#include "heed/core/tensor.hpp"
#include "heed/data/npy.hpp"
#include "heed/data/text.hpp"
#include "heed/files/file.hpp"

namespace classifier_test {

using data_test::Folder;
using test_support::no_terminal;
namespace fs = std::filesystem;

/// What a run gave. `code` is 128 + the signal where one ended it.
struct Result {
  int code = -1;
  std::string out, err;
};

/// How to run. On a terminal, of 80 columns, standard output is one and `out` is what it got: a test asks no_terminal()
/// first.
struct Setting {
  fs::path folder;
  bool terminal = false;
  std::vector<std::string> environment = {};  // "NAME=value"
  int signal = 0;                             // is sent when the output holds `cue`
  std::string cue = "epoch";
  std::string program = HEED_CLASSIFIER;  // that starts the trainer, or the trainer itself
};

namespace detail {

inline void require(bool ok, const char* what) {
  if (!ok) throw std::runtime_error(std::string(what) + ": " + std::to_string(errno));
}

/// Two ends: the parent reads `ours`, the child writes `theirs`.
struct Channel {
  int ours = -1, theirs = -1;
};
inline Channel open_pipe() {
  int ends[2];
  require(::pipe2(ends, O_CLOEXEC) == 0, "pipe");
  return {ends[0], ends[1]};
}
inline Channel open_terminal() {
  const test_support::Terminal t = test_support::open_terminal();
  if (!t.error.empty()) throw std::runtime_error("terminal: " + t.error);
  return {t.ours, t.theirs};
}

inline std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> result;
  for (std::string& text : texts) result.push_back(text.data());
  result.push_back(nullptr);
  return result;
}

}  // namespace detail

/// Runs the program with these arguments.
inline Result run(const Setting& setting, std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), setting.program);
  std::vector<std::string> environment = setting.environment;
  for (const char* name : {"PATH", "ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS", "LD_LIBRARY_PATH"}) {
    if (const char* value = std::getenv(name)) environment.push_back(std::string(name) + "=" + value);
  }
  const detail::Channel out = setting.terminal ? detail::open_terminal() : detail::open_pipe();
  const detail::Channel err = detail::open_pipe();
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_adddup2(&actions, out.theirs, 1);
  ::posix_spawn_file_actions_adddup2(&actions, err.theirs, 2);
  ::posix_spawn_file_actions_addchdir_np(&actions, setting.folder.c_str());
  pid_t child = 0;
  const int failed = ::posix_spawn(&child, setting.program.c_str(), &actions, nullptr,
                                   detail::pointers(arguments).data(), detail::pointers(environment).data());
  ::posix_spawn_file_actions_destroy(&actions);
  ::close(out.theirs);
  ::close(err.theirs);
  detail::require(failed == 0, "spawn");

  Result result;
  bool signalled = setting.signal == 0;
  std::array<pollfd, 2> open{{{out.ours, POLLIN, 0}, {err.ours, POLLIN, 0}}};
  while (open[0].fd >= 0 || open[1].fd >= 0) {
    ::poll(open.data(), open.size(), -1);
    for (std::size_t i = 0; i < open.size(); ++i) {
      if (open[i].fd < 0 || !open[i].revents) continue;
      std::array<char, 4096> bytes;
      const auto n = ::read(open[i].fd, bytes.data(), bytes.size());
      if (n > 0) {
        (i == 0 ? result.out : result.err).append(bytes.data(), static_cast<std::size_t>(n));
      } else {  // the end; of a terminal an error
        open[i].fd = -1;
      }
    }
    if (!signalled && result.out.find(setting.cue) != std::string::npos) signalled = ::kill(child, setting.signal) == 0;
  }
  ::close(out.ours);
  ::close(err.ours);
  int status = 0;
  detail::require(::waitpid(child, &status, 0) == child, "wait");
  result.code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return result;
}

/// The words of a line, none of which holds a blank.
inline std::vector<std::string> words(std::string_view line) {
  std::istringstream stream{std::string(line)};
  return {std::istream_iterator<std::string>(stream), {}};
}

inline std::vector<std::string> lines(const std::string& text) {
  std::istringstream stream(text);
  std::vector<std::string> result;
  for (std::string line; std::getline(stream, line);) result.push_back(line);
  return result;
}

/// Whether one of the lines holds all these words next to each other.
inline bool has_line(const std::string& text, const std::string& start) {
  for (const std::string& line : lines(text)) {
    std::string squeezed;
    for (const std::string& word : words(line)) squeezed += (squeezed.empty() ? "" : " ") + word;
    if (squeezed.find(start) != std::string::npos) return true;
  }
  return false;
}

/// A fresh folder with small data, where the trainer runs.
class Classifier : public testing::Test {
 protected:
  Result run(const std::string& arguments) const { return run(words(arguments)); }
  Result run(std::vector<std::string> arguments) const {
    return classifier_test::run({.folder = folder / "."}, std::move(arguments));
  }
  Result on_terminal(const std::string& arguments, std::vector<std::string> environment = {}) const {
    return classifier_test::run({.folder = folder / ".", .terminal = true, .environment = std::move(environment)},
                                words(arguments));
  }
  /// Runs what must succeed, and gives its output.
  std::string output_of(const std::string& arguments) const {
    const Result result = run(arguments);
    EXPECT_EQ(result.code, 0) << arguments << "\n" << result.err;
    EXPECT_EQ(result.err, "") << arguments;
    return result.out;
  }

  std::string text(const std::string& name) const {
    const auto bytes = heed::read_file(folder / name);
    return std::string(heed::as_text(bytes));
  }
  /// Every file in the folder and what it holds.
  std::map<std::string, std::string> files() const {
    std::map<std::string, std::string> result;
    for (const auto& entry : fs::directory_iterator(folder / ".")) {
      const std::string name = entry.path().filename().string();
      result[name] = entry.is_regular_file() ? text(name) : "";
    }
    return result;
  }

  /// x.npy (24, 6, 2) and y.npy (24): class k rises or falls by k; the last number is `last`.
  void write_npy(const std::string& x = "x.npy", const std::string& y = "y.npy", float last = 0,
                 heed::Index count = 24) const {
    heed::Tensor<float, 3> sequences({count, 6, 2});
    heed::Tensor<std::int64_t, 1> labels({count});
    for (heed::Index i = 0; i < count; ++i) {
      labels(i) = i % 3;
      for (heed::Index t = 0; t < 6; ++t) {
        sequences(i, t, 0) = static_cast<float>((i % 3 - 1) * t) + 0.01F * static_cast<float>(i);
        sequences(i, t, 1) = 0.1F * static_cast<float>((i * 7 + t * 3) % 5);
      }
    }
    sequences(count - 1, 5, 1) = last;
    heed::write_npy(folder / x, sequences);
    heed::write_npy(folder / y, labels);
  }
  /// Rows of 4 steps and a word.
  void write_csv(const std::string& name = "d.csv") const {
    std::string rows;
    for (int i = 0; i < 12; ++i) {
      const std::string n = std::to_string(i);
      rows += i % 2 ? n + ",3,2,1,falls\n" : "1,2,3," + n + ",rises\n";
    }
    folder.file(name, rows);
  }
  /// Three cases of 2 dimensions and 2 to 4 steps.
  void write_ts(const std::string& name = "d.ts") const {
    folder.file(
        name,
        "@problemName small\n@univariate false\n@dimensions 2\n@equalLength false\n@classLabel true a b\n@data\n"
        "1,2,3:4,5,6:a\n3,2:6,5:b\n1,2,3,4:0,0,0,1:a\n");
  }

  /// Sentences, the label first: questions for a place or for a person, of 3 to 6 words.
  void write_text(const std::string& name = "t.txt", const std::string& extra = "") const {
    std::string lines;
    const char* const ends[] = {"it", "this river", "the old town"};
    for (int i = 0; i < 30; ++i) {
      lines += i % 2 ? "place\tWhere is " : "person Who owns ";
      lines += ends[i % 3] + std::string(i % 5 ? "" : " now") + '\n';
    }
    folder.file(name, lines + extra);
  }

  Folder folder;
};

/// Columns that a line takes on a terminal: escape sequences take none, a character of UTF-8 one
inline std::size_t columns(const std::string& line) {
  std::size_t count = 0;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '\x1b') {
      i = line.find('m', i);
    } else if (line[i] != '\r' && (static_cast<unsigned char>(line[i]) & 0xC0) != 0x80) {
      ++count;
    }
  }
  return count;
}

}  // namespace classifier_test
