#include "heed/data/load_labels.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

#include "heed/core/tensor.hpp"
#include "heed/data/npy.hpp"
#include "support.hpp"

namespace load_labels_test {

using data_test::error_of;
using data_test::Folder;
using heed::Tensor;
using Words = std::vector<std::string>;

TEST(LoadLabels, MayBeWholeFloats) {
  const Folder folder;
  heed::write_npy(folder / "y.npy", Tensor<float, 1>({2}, {3, 0}));
  EXPECT_EQ(heed::load_labels(folder / "y.npy"), (Words{"3", "0"}));
  heed::write_npy(folder / "y.npy", Tensor<float, 1>({2}, {3, 0.5f}));
  EXPECT_EQ(error_of([&] { heed::load_labels(folder / "y.npy"); }),
            (folder / "y.npy").string() +
                ", element (1) (counted from 0): value cannot be converted (expected an integer of 64 bits, got 0.5)");
}

TEST(LoadLabels, MayBeATextFile) {
  const Folder folder;
  EXPECT_EQ(heed::load_labels(folder.file("y.txt", "# classes\nleft hand\r\n03\n\n\"a, b\"\n")),
            (Words{"left hand", "03", "a, b"}));
  const auto path = folder.file("bad.txt", "a\nb, c\n");
  EXPECT_EQ(error_of([&] { heed::load_labels(path); }),
            path.string() + ", line 2, column 4: more than one label in a line (expected one, got 'c')");
  folder.file("bad.txt", "1\n 1.5\n");
  EXPECT_EQ(error_of([&] { heed::load_labels(path); }),
            path.string() + ", line 2, column 2: not a label (expected an integer of 64 bits or a word, got '1.5')");
  folder.file("bad.txt", "\n");
  EXPECT_EQ(error_of([&] { heed::load_labels(path); }), path.string() + ": no labels (expected at least one)");
}

TEST(LoadLabels, MayHaveAHeaderAboveIntegers) {
  const Folder folder;
  const auto labels = [&](const std::string& text) { return heed::load_labels(folder.file("y.csv", text)); };
  EXPECT_EQ(labels("label\n1\n0\n"), (Words{"1", "0"}));
  EXPECT_EQ(labels("# of gestures\n\n\"the class\"\r\n2.0\r\n-1\r\n"), (Words{"2.0", "-1"}));
  EXPECT_EQ(labels("up\n"), Words{"up"});
  EXPECT_EQ(labels("label\nup\ndown\n"), (Words{"label", "up", "down"})) << "it could be a class";
  EXPECT_EQ(labels("none of all\n1\nup\n"), (Words{"none of all", "1", "up"}));
  EXPECT_EQ(labels("NA\n1\n0\n"), (Words{"NA", "1", "0"})) << "it means a missing label";
  EXPECT_EQ(labels("0\n1\n"), (Words{"0", "1"}));
}

TEST(LoadLabels, TargetsMayHaveAHeader) {
  const Folder folder;
  const auto targets = [&](const std::string& text) {
    const auto read = heed::load_targets<double>(folder.file("y.csv", text));
    return std::vector<double>(read.begin(), read.end());
  };
  EXPECT_EQ(targets("y\n0.5\n-7\n"), (std::vector<double>{0.5, -7}));
  EXPECT_EQ(targets("\"mean, of all\",high\n0.5,1\n-7,2\n"), (std::vector<double>{0.5, 1, -7, 2}));
  EXPECT_EQ(targets("blood pressure\n0.5\n"), std::vector<double>{0.5});
  const std::string where = (folder / "y.csv").string();
  for (const std::string first : {"nan", "?", "NA"}) {
    EXPECT_EQ(error_of([&] { targets(first + "\n0.5\n"); }),
              where + ", line 1, column 1: not a target (expected a finite number, got '" + first + "')");
  }
  EXPECT_EQ(error_of([&] { targets("y,1\n0.5,2\n"); }),
            where + ", line 1, column 1: not a target (expected a finite number, got 'y')");
  EXPECT_EQ(error_of([&] { targets("y\nz\n"); }),
            where + ", line 2, column 1: not a target (expected a finite number, got 'z')");
  EXPECT_EQ(error_of([&] { targets("y\n1\n1,2\n"); }),
            where + ", line 3, column 4: wrong number of targets (expected 1 as in the first line, got 2)");
  EXPECT_EQ(error_of([&] { targets("y\n"); }), where + ": no targets (expected at least one)");
}

TEST(LoadLabels, ACommaBetweenDigitsAloneIsNoClearTarget) {
  const Folder folder;
  const auto targets = [&](const std::string& text) {
    const auto read = heed::load_targets<double>(folder.file("y.csv", text));
    return std::vector<double>(read.begin(), read.end());
  };
  for (const std::string text : {"14,723\n12,732\n", "12,500\n", "y,z\n-1,5\n+2,25\n"}) {
    EXPECT_NE(error_of([&] { targets(text); }).find("two targets, or one with a decimal comma"), std::string::npos)
        << text;
  }
  EXPECT_EQ(targets("14, 723\n12, 732\n"), (std::vector<double>{14, 723, 12, 732}));
  EXPECT_EQ(targets("14 723\n"), (std::vector<double>{14, 723}));
  EXPECT_EQ(targets("14,723\n12,7.5\n"), (std::vector<double>{14, 723, 12, 7.5}));
  EXPECT_EQ(targets("1,2,3\n"), (std::vector<double>{1, 2, 3}));
}

}  // namespace load_labels_test
