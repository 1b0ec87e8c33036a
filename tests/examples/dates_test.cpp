// The program that rewrites dates: on a few of them, from its file, and with wrong input.

#include <string>

#include "example.hpp"

namespace dates_test {

using namespace classifier_test;

class Dates : public Example {
 protected:
  Dates() : Example("dates") {}
};

TEST_F(Dates, AreRewrittenBetterThanByChanceAndFromTheFile) {
  const std::string few =
      "--dates 2000 --unseen 100 --epochs 25 --hidden 32 --threads 1 --score general --model m.safetensors";
  const Result first = run_program(words(few));
  ASSERT_EQ(first.code, 0) << first.err;
  const auto table = lines(first.out);
  ASSERT_GT(table.size(), 5U);
  EXPECT_EQ(table[0], "2000 dates, 100 unseen ones of other days; goal: 99 % exact");
  const auto row = words(table[3]);
  ASSERT_EQ(row.size(), 5U);
  EXPECT_EQ(row[0], "general");
  EXPECT_GT(std::stod(row[3]), 0.5) << table[3];

  const Result again = run_program({"--model", "m.safetensors", "--rewrite", "Le 14 JUILLET 1989"});
  ASSERT_EQ(again.code, 0) << again.err;
  const std::string shown = first.out.substr(first.out.find("\ngeneral: "));
  EXPECT_EQ(again.out, shown) << "the same map";
  fits_80_columns(again.out);
}

TEST_F(Dates, RefuseWhatIsWrong) {
  fails("--score cosine", 2, "--score");
  fails("--epochs many", 2, "--epochs");
  fails("--rewrite today", 1, "--rewrite needs the --model");
  fails("--rewrite today --model none.safetensors", 1, "none.safetensors");
  fails("--hidden 0 --dates 10", 2, "--hidden");
}

}  // namespace dates_test
