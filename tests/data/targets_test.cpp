#include "heed/data/targets.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "heed/data/load.hpp"
#include "support.hpp"

namespace targets_test {

using data_test::error_of;
using data_test::Folder;
using heed::Tensor;
using Numbers = std::vector<double>;

Numbers all(const Tensor<double, 2>& t) { return {t.begin(), t.end()}; }

TEST(Targets, ATsFileWithTargetLabelGivesThemUnasked) {
  const auto s = heed::parse_ts<double>("@targetLabel true\n@data\n1,2:0.5\n3,4:-2e3\n", "x.ts");
  EXPECT_EQ(all(s.targets), (Numbers{0.5, -2000}));
  EXPECT_EQ(s.labels, (std::vector<std::string>{"0.5", "-2e3"}));
  EXPECT_TRUE(heed::parse_ts<double>("@targetLabel true\n@data\n1,2:up\n3,4:1\n", "x.ts").targets.empty());
  EXPECT_EQ(error_of([] { heed::parse_ts<double>("@targetLabel true\n@data\n1,2:nan\n", "x.ts"); }),
            "x.ts, line 3, column 5: missing target (expected a number, got 'nan')");
}

TEST(Targets, AreReadFromEveryFormatWhereAsked) {
  const Folder folder;
  const std::string numbers = "@relation x\n@attribute a numeric\n@attribute b numeric\n@attribute y numeric\n@data\n";
  for (const auto& path : {folder.file("d.csv", "1,2,0.25\n3,4,7\n"), folder.file("d.tsv", "1\t2\t0.25\n3\t4\t7\n"),
                           folder.file("d.ts", "@classLabel true\n@data\n1,2:0.25\n3,4:7\n"),
                           folder.file("d.arff", numbers + "1,2,0.25\n3,4,7\n")}) {
    const auto s = heed::load_sequences<double>(path, {}, {.targets = true});
    EXPECT_EQ(all(s.targets), (Numbers{0.25, 7})) << path;
    EXPECT_EQ(s.x.extents(), (heed::Extents<3>{2, 2, 1})) << path;
    EXPECT_TRUE(s.labels.empty()) << path;
  }
}

TEST(Targets, SeveralColumnsOfATable) {
  const Folder folder;
  const auto s = heed::load_sequences<double>(folder.file("d.csv", "a,y1,b,y2\n1,5,2,6\n3,7,4,8.5\n"), {},
                                              {.table = {.label_column = "y2,y1"}, .targets = true});
  EXPECT_EQ(all(s.targets), (Numbers{6, 5, 8.5, 7}));
  EXPECT_EQ(s.x(1, 1, 0), 4);
  const auto error = [&](const std::string& column, bool targets) {
    return error_of([&] {
      heed::load_sequences<double>(folder / "d.csv", {}, {.table = {.label_column = column}, .targets = targets});
    });
  };
  EXPECT_NE(error("y1,y3", true).find("no column has this name (expected one of a, y1, b, y2, got 'y3')"),
            std::string::npos);
  EXPECT_NE(error("y1,y1", true).find("a column is named twice"), std::string::npos);
  EXPECT_NE(error("y1,y2", false).find("several label columns"), std::string::npos);
}

TEST(Targets, OfFilesOfTheirOwn) {
  const Folder folder;
  heed::write_npy(folder / "x.npy", Tensor<float, 2>({2, 2}, {1, 2, 3, 4}));
  heed::write_npy(folder / "y.npy", Tensor<double, 2>({2, 2}, {0.5, 1, 2, 3}));
  folder.file("y.txt", "0.5\n-7\n");
  const auto load = [&](const char* y) {
    return heed::load_sequences<double>(folder / "x.npy", folder / y, {.targets = true});
  };
  EXPECT_EQ(load("y.npy").targets(1, 1), 3);
  EXPECT_EQ(all(load("y.txt").targets), (Numbers{0.5, -7}));
  folder.file("y.txt", "0.5\n-7\n1\n");
  EXPECT_NE(error_of([&] { load("y.txt"); }).find("wrong number of targets (expected 2 as sequences in"),
            std::string::npos);
  folder.file("y.txt", "0.5\nup\n");
  EXPECT_NE(
      error_of([&] { load("y.txt"); }).find("line 2, column 1: not a target (expected a finite number, got 'up')"),
      std::string::npos);
}

TEST(Targets, ThatDoNotFitAFloatAreFaultsOfEveryFormat) {
  const Folder folder;
  folder.file("x.csv", "1,2\n");
  const auto error = [&](const std::string& name, const std::string& text, const heed::LoadOptions& options) {
    const std::filesystem::path path = folder.file(name, text);
    const bool alone = name == "y.txt";
    return error_of([&] {
      heed::load_sequences<float>(alone ? folder / "x.csv" : path, alone ? std::optional(path) : std::nullopt, options);
    });
  };
  const std::string fault = ": not a target (expected a number that fits a float, got '1e39')";
  heed::LoadOptions options{.targets = true};
  EXPECT_NE(error("d.csv", "1,2,1e39\n", options).find("line 1, column 5" + fault), std::string::npos);
  EXPECT_NE(error("d.ts", "@classLabel true\n@data\n1,2:1e39\n", options).find("line 3, column 5" + fault),
            std::string::npos);
  EXPECT_NE(error("d.arff", "@attribute a numeric\n@attribute y numeric\n@data\n1,1e39\n", options)
                .find("line 4, column 3" + fault),
            std::string::npos);
  EXPECT_NE(error("y.txt", "1e39\n", options).find("line 1, column 1" + fault), std::string::npos);
  options.table.sequence_column = "id";
  EXPECT_NE(error("long.csv", "id,x,y\n1,2,1e39\n", options).find("line 2, column 5" + fault), std::string::npos);
}

TEST(Targets, FaultsAreNamed) {
  EXPECT_EQ(error_of([] { heed::parse_table<double>("1,2,x\n", "x.csv", {.read = {.targets = true}}); }),
            "x.csv, line 1, column 5: not a target (expected a finite number, got 'x')");
  EXPECT_EQ(error_of([] { heed::targets_of<float>(std::vector<std::string>{"1", "1e300"}, "y"); }),
            "y, sequence 1 (counted from 0): not a target (expected a finite number, got '1e300')");
}

}  // namespace targets_test
