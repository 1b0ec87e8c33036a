// What every program says of itself.

#include <filesystem>
#include <string>

#include "example.hpp"

namespace help_test {

using namespace classifier_test;

class AnyProgram : public Example, public testing::WithParamInterface<const char*> {
 protected:
  AnyProgram() : Example(GetParam()) {}
};

TEST_P(AnyProgram, HelpFitsATerminal) {
  const std::string out = succeeds("--help");
  EXPECT_NE(out.find("--seed"), std::string::npos) << out;
  fits_80_columns(out);
}

INSTANTIATE_TEST_SUITE_P(Examples, AnyProgram,
                         testing::Values("caption", "cart_pole", "cora", "custom_model", "dates", "digits",
                                         "language_model", "questions", "sentences", "tagger", "transformer",
                                         "translate"),
                         [](const auto& of) { return std::string(of.param); });

}  // namespace help_test
