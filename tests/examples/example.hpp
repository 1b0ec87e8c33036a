#pragma once

// A program of examples/, run as a user does.

#include <string>
#include <utility>
#include <vector>

#include "program.hpp"

namespace classifier_test {

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
  /// The number after the last of these words; -1 where there is none.
  static double number_after(const std::string& text, const std::string& word) {
    const auto at = text.rfind(word);
    return at == std::string::npos ? -1 : std::stod(text.substr(at + word.size()));
  }

 private:
  std::string program_;
};

}  // namespace classifier_test
