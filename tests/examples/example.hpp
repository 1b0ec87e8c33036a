#pragma once

// A program of examples/, run as a user does.

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "program.hpp"

namespace classifier_test {

/// Expects lines that fit a terminal.
inline void fits_80_columns(const std::string& text) {
  for (const std::string& line : lines(text)) {
    EXPECT_LE(std::count_if(line.begin(), line.end(), [](char c) { return (c & 0xC0) != 0x80; }), 80) << line;
  }
}

class Example : public Classifier {
 protected:
  explicit Example(std::string program) : program_(HEED_EXAMPLES_DIR "/" + std::move(program)) {}

  Result run_program(std::vector<std::string> arguments, Setting setting = {}) const {
    setting.folder = folder / ".";
    setting.program = program_;
    return classifier_test::run(setting, std::move(arguments));
  }
  Result run_program(const std::string& arguments) const { return run_program(words(arguments)); }

  /// What it prints. Expects no error.
  std::string succeeds(const std::string& arguments) const {
    const Result result = run_program(arguments);
    EXPECT_EQ(result.code, 0) << arguments << '\n' << result.err;
    EXPECT_EQ(result.err, "") << arguments;
    return result.out;
  }
  /// Expects an error on one line, and no file that was not there.
  void fails(const std::string& arguments, int code, const std::string& with) const {
    const auto before = files();
    const Result result = run_program(arguments);
    EXPECT_EQ(result.code, code) << arguments;
    EXPECT_EQ(lines(result.err).size(), 1U) << result.err;
    EXPECT_NE(result.err.find(with), std::string::npos) << result.err;
    EXPECT_EQ(files(), before) << "nothing is written";
  }
  /// A table of images of 4 x 4: a bright upper half is "up", a bright lower half "down".
  static std::string halves() {
    std::string text;
    for (int i = 0; i < 24; ++i) {
      for (int p = 0; p < 16; ++p)
        text += std::to_string((p < 8) == (i % 2 == 0) ? 9 + (i + p) % 3 : (i * p) % 4) + ',';
      text += i % 2 == 0 ? "up\n" : "down\n";
    }
    return text;
  }
  /// The number after the last of these words; -1 where there is none.
  static double number_after(const std::string& text, const std::string& word) {
    const auto at = text.rfind(word);
    return at == std::string::npos ? -1 : std::stod(text.substr(at + word.size()));
  }

 private:
  std::string program_;
};

}  // namespace classifier_test
