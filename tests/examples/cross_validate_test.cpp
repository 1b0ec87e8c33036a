// classifier cross-validate: rows of folds, mean and deviation.

#include <cmath>
#include <string>
#include <vector>

#include "program.hpp"

namespace cross_validate_test {

using namespace classifier_test;

class CrossValidate : public Classifier {
 protected:
  static std::vector<std::vector<std::string>> folds_of(const std::string& out) {
    std::vector<std::vector<std::string>> folds;
    for (const std::string& line : lines(out)) {
      const std::vector<std::string> row = words(line);
      if (row.size() == 6 && row[0].find_first_not_of("0123456789") == std::string::npos) folds.push_back(row);
    }
    return folds;
  }
};

TEST_F(CrossValidate, PrintsARowAFoldAndTheirMean) {
  write_npy();
  const std::string out =
      output_of("cross-validate --data x.npy --labels y.npy --folds 4 --repeats 2 --epochs 3 --hidden 4 --seed 5");
  const auto folds = folds_of(out);
  ASSERT_EQ(folds.size(), 8U) << out;
  double sum = 0;
  for (const auto& fold : folds) {
    EXPECT_EQ(fold[2], "18");
    EXPECT_EQ(fold[3], "6");
    sum += std::stod(fold[4]);
  }
  const std::size_t at = out.find("\naccuracy ");
  ASSERT_NE(at, std::string::npos) << out;
  EXPECT_NEAR(std::stod(out.substr(at + 10)), sum / 8, 2e-4);
  EXPECT_NE(out.find("of 8 folds"), std::string::npos);
  EXPECT_EQ(output_of("cross-validate --data x.npy --labels y.npy --folds 4 --repeats 2 --epochs 3 --hidden 4 --seed 5 "
                      "--threads 3 --quiet"),
            out.substr(out.find("repeat")));
}

TEST_F(CrossValidate, TakesWhatTheDataSayFromTheTrainingFoldsAlone) {
  std::string data;
  for (int i = 0; i < 24; ++i) {
    for (int t = 0; t < 4; ++t) data += std::to_string((i % 2 ? 1 : -1) * (t + 1) + 0.01 * i) + ",";
    data += i % 2 ? "b\n" : "a\n";
  }
  folder.file("t.csv", data);
  folder.file("words.txt", "p good\nn bad\np good\nn bad\np good\nn bad\np good\nn bad\n");
  const auto folds =
      folds_of(output_of("cross-validate --data t.csv --folds 3 --epochs 30 --standardize --hidden 4 --missing mean"));
  ASSERT_EQ(folds.size(), 3U);
  for (const auto& fold : folds) EXPECT_EQ(std::stod(fold[4]), 1);
  EXPECT_EQ(folds_of(output_of("cross-validate --text words.txt --folds 2 --epochs 3 --hidden 4")).size(), 2U);
}

TEST_F(CrossValidate, SaysWhatIsNeverTested) {
  folder.file("d.csv", "1,2,a\n3,4,b\n1,3,a\n3,5,b\n9,9,c\n");
  const std::string how = "cross-validate --data d.csv --folds 2 --epochs 1 --hidden 4";
  EXPECT_TRUE(has_line(output_of(how), "never tested: 1 sequence, as no other has the class"));
}

TEST_F(CrossValidate, TrainsEnsemblesToo) {
  write_npy();
  const std::string out =
      output_of("cross-validate --data x.npy --labels y.npy --folds 2 --epochs 2 --hidden 4 --ensemble 2");
  EXPECT_NE(out.find("ensemble of 2: "), std::string::npos) << out;
  EXPECT_EQ(folds_of(out).size(), 2U);
}

TEST_F(CrossValidate, RefusesWhatItCannotDo) {
  write_npy();
  const std::string data = "cross-validate --data x.npy --labels y.npy ";
  EXPECT_NE(run(data + "--folds 25").err.find("2 to 24"), std::string::npos);
  EXPECT_EQ(run(data + "--folds 1").code, 2);
  EXPECT_EQ(run(data + "--repeats 0").code, 2);
  EXPECT_NE(run(data + "--model m.safetensors").err.find("unknown option --model"), std::string::npos);
  EXPECT_NE(run(data + "--early-stopping 3").err.find("needs --validation"), std::string::npos);
}

}  // namespace cross_validate_test
