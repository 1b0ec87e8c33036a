// What was learnt on much data helps where there is little.

#include "example.hpp"

namespace fine_tune_test {

using namespace classifier_test;

struct FineTune : Example {
  FineTune() : Example("fine_tune") {}
};

TEST_F(FineTune, AnotherHeadOnLoadedLayersBeatsLearningFromScratch) {
  const std::string out = succeeds("");
  EXPECT_TRUE(has_line(out, "not in the file, or of another shape: fc2.weight")) << out;
  const auto accuracy = [&](const std::string& line) {
    const auto at = out.find(line);
    return at == std::string::npos ? -1 : number_after(out.substr(at, out.find('\n', at) - at), "test accuracy ");
  };
  EXPECT_LT(accuracy("from scratch"), 0.8) << out;
  EXPECT_GT(accuracy("another head"), 0.9) << out;
  EXPECT_GT(accuracy("then all layers"), 0.9) << out;
}

}  // namespace fine_tune_test
