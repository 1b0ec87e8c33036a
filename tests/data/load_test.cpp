#include "heed/data/load.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "support.hpp"

namespace load_test {

using data_test::error_of;
using data_test::Folder;
using heed::load_sequences;
using heed::Tensor;
using Words = std::vector<std::string>;

TEST(Load, ReadsNumPySequencesAndLabels) {
  const Folder folder;
  heed::write_npy(folder / "x.npy", Tensor<float, 3>({2, 1, 3}, {1, 2, 3, 4, 5, 6}));
  heed::write_npy(folder / "y.NPY", Tensor<std::int64_t, 1>({2}, {7, -8}));
  const auto s = load_sequences<double>(folder / "x.npy", folder / "y.NPY");
  EXPECT_EQ(s.x.extents(), (heed::Extents<3>{2, 1, 3}));
  EXPECT_EQ(s.x(1, 0, 2), 6);
  EXPECT_EQ(s.labels, (Words{"7", "-8"}));
}

TEST(Load, ANumPyMatrixIsSequencesOfOneFeature) {
  const Folder folder;
  heed::write_npy(folder / "x.npy", Tensor<std::int32_t, 2>({2, 3}, {1, 2, 3, 4, 5, 6}));
  const auto s = load_sequences<float>(folder / "x.npy", {}, {.labels = false});
  EXPECT_EQ(s.x.extents(), (heed::Extents<3>{2, 3, 1}));
  EXPECT_EQ(s.x(1, 2, 0), 6);
  EXPECT_TRUE(s.labels.empty());
}

TEST(Load, TheExtensionTellsTheFormat) {
  const Folder folder;
  const std::string ts = "@classLabel true a b\n@data\n1,2:a\n3,4:b\n";
  for (const auto& path : {folder.file("x.TS", ts), folder.file("x.csv", "1,2,a\n3,4,b\n"),
                           folder.file("x", "1 2 a\n3 4 b\n"), folder.file("x.tra", "1,2,a\n3,4,b\n")}) {
    const auto s = load_sequences<float>(path);
    EXPECT_EQ(std::vector<float>(s.x.begin(), s.x.end()), (std::vector<float>{1, 2, 3, 4}));
    EXPECT_EQ(s.labels, (Words{"a", "b"}));
  }
}

TEST(Load, ATableMayHaveItsLabelsInAFileOfTheirOwn) {
  const Folder folder;
  const auto x = folder.file("x.csv", "1,2\n3,4\n"), y = folder.file("y.txt", "a\nb\n");
  const auto s = load_sequences<float>(x, y, {.features = 2});
  EXPECT_EQ(s.x.extents(), (heed::Extents<3>{2, 1, 2}));
  EXPECT_EQ(s.labels, (Words{"a", "b"}));
}

TEST(Load, WithoutNeedForLabelsTheWidthOfATableTells) {
  const Folder folder;
  const heed::LoadOptions options{.features = 1, .steps = 2, .labels = false};
  EXPECT_TRUE(load_sequences<float>(folder.file("x.csv", "1,2\n3,4\n"), {}, options).labels.empty());
  EXPECT_EQ(load_sequences<float>(folder.file("x.csv", "1,2,a\n3,4,b\n"), {}, options).labels, (Words{"a", "b"}));
}

TEST(Load, RejectsMissingLabels) {
  const Folder folder;
  heed::write_npy(folder / "x.npy", Tensor<float, 3>({2, 1, 1}));
  EXPECT_EQ(error_of([&] { load_sequences<float>(folder / "x.npy"); }),
            (folder / "x.npy").string() + ": no labels (expected a file of labels)");
  const auto ts = folder.file("x.ts", "@data\n1,2\n");
  EXPECT_EQ(error_of([&] { load_sequences<float>(ts); }),
            ts.string() + ": no labels (expected a label for each sequence)");
  EXPECT_NO_THROW(load_sequences<float>(ts, {}, {.labels = false}));
}

TEST(Load, RejectsLabelsThatDoNotMatch) {
  const Folder folder;
  heed::write_npy(folder / "x.npy", Tensor<float, 3>({2, 1, 1}));
  const auto y = folder.file("y.txt", "a\nb\nc\n");
  const auto wrong = [&](const std::string& labels, const std::string& hint) {
    folder.file("y.txt", labels);
    EXPECT_EQ(error_of([&] { load_sequences<float>(folder / "x.npy", y); }),
              y.string() + ": wrong number of labels" + hint + " (expected 2 as sequences in " +
                  (folder / "x.npy").string() + ", got " +
                  std::to_string(std::count(labels.begin(), labels.end(), '\n') - (hint.find("word") != hint.npos)) +
                  ")");
  };
  wrong("a\nb\nc\nd\n", "");
  wrong("label\nb\nc\n", "; if the first line is a header, remove it");
  wrong("up\n1\n", "; a word above integers alone is taken for a header");
  const auto ts = folder.file("x.ts", "@classLabel true a\n@data\n1,2:a\n");
  EXPECT_EQ(error_of([&] { load_sequences<float>(ts, y); }),
            ts.string() + ": labels are given twice (expected no labels beside those of " + y.string() + ")");
  heed::write_npy(folder / "y.npy", Tensor<std::int64_t, 3>({2, 1, 1}));
  EXPECT_EQ(error_of([&] { load_sequences<float>(folder / "x.npy", folder / "y.npy"); }),
            (folder / "y.npy").string() +
                ": wrong rank (expected labels (n), (n, 1) or one-hot (n, classes), got (2, 1, 1))");
}

TEST(Load, RejectsEmptyAndMisshapenArrays) {
  const Folder folder;
  const auto path = folder / "x.npy";
  heed::write_npy(path, Tensor<float, 3>({0, 2, 3}));
  EXPECT_EQ(error_of([&] { load_sequences<float>(path); }),
            path.string() + ": no data (expected at least one sequence, step and feature, got (0, 2, 3))");
  heed::write_npy(path, Tensor<float, 1>({3}));
  EXPECT_EQ(error_of([&] { load_sequences<float>(path); }),
            path.string() + ": wrong rank (expected (n, steps, features) or (n, steps), got (3))");
}

TEST(Load, RejectsValuesThatAreNotFinite) {
  const Folder folder;
  Tensor<float, 3> x({2, 3, 4});
  x(1, 2, 3) = NAN;
  heed::write_npy(folder / "x.npy", x);
  EXPECT_EQ(error_of([&] { load_sequences<float>(folder / "x.npy", {}, {.labels = false}); }),
            (folder / "x.npy").string() +
                ", sequence 1, step 2, feature 3 (counted from 0): value is not finite (expected a finite number, got "
                "NaN)");
}

TEST(Load, APartHasItsNumbersAndTheLabelsAndLengthsOfAll) {
  const Folder folder;
  Tensor<float, 3> x({5, 2, 1}, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9});
  heed::write_npy(folder / "x.npy", x);
  const auto y = folder.file("y.txt", "a\nb\na\nc\nb\n");
  std::string ts = "@equalLength false\n@classLabel true a b c\n@data\n", csv;
  for (int i = 0; i < 5; ++i) {
    const std::string row = std::to_string(2 * i) + (i == 3 ? "" : "," + std::to_string(2 * i + 1));
    const std::string label(1, "abacb"[i]);
    ts += row + ":" + label + "\n";
    csv += std::to_string(2 * i) + "," + std::to_string(2 * i + 1) + "," + label + "\n";
  }
  for (const heed::IndexRange part : {heed::IndexRange{0, 2}, {1, 3}, {4, 5}, {0, 5}, {5, 5}, {0, 0}}) {
    heed::LoadOptions options;
    options.part = [&](heed::Index count) {
      EXPECT_EQ(count, 5);
      return part;
    };
    const auto npy = load_sequences<float>(folder / "x.npy", y, options);
    const auto table = load_sequences<float>(folder.file("x.csv", csv), {}, options);
    const auto ragged = load_sequences<float>(folder.file("x.ts", ts), {}, options);
    for (const auto* s : {&npy, &table, &ragged}) {
      EXPECT_EQ(s->x.extents(), (heed::Extents<3>{part.count(), 2, 1}));
      EXPECT_EQ(s->labels, (Words{"a", "b", "a", "c", "b"}));
      for (heed::Index i = 0; i < part.count(); ++i) EXPECT_EQ(s->x(i, 0, 0), x(part.first + i, 0, 0));
    }
    EXPECT_EQ(ragged.lengths, (std::vector<std::int32_t>{2, 2, 2, 1, 2}));
  }
}

TEST(Load, FaultsOfAPartCountFromTheBeginningOfTheFile) {
  const Folder folder;
  const auto path = folder / "x.npy";
  Tensor<float, 3> x({4, 1, 1});
  x(3, 0, 0) = NAN;
  heed::write_npy(path, x);
  const auto load = [&](heed::IndexRange part) {
    return error_of(
        [&] { load_sequences<float>(path, {}, {.labels = false, .part = [part](heed::Index) { return part; }}); });
  };
  EXPECT_EQ(load({2, 4}), path.string() +
                              ", sequence 3, step 0, feature 0 (counted from 0): value is not finite (expected a "
                              "finite number, got NaN)");
  EXPECT_EQ(load({0, 3}), "no error");  // it is not read
  EXPECT_EQ(load({2, 5}), path.string() + ": part out of range (expected some of the rows 0 to 3, got 2 to 4)");
  const auto table = folder.file("x.csv", "1\n2\n");
  const heed::LoadOptions beyond{
      .steps = 1, .labels = false, .part = [](heed::Index) { return heed::IndexRange{1, 3}; }};
  EXPECT_EQ(error_of([&] { load_sequences<float>(table, {}, beyond); }),
            table.string() + ": part out of range (expected some of the rows 0 to 1, got 1 to 2)");
  heed::write_npy(path, Tensor<float, 3>({0, 2, 3}));
  EXPECT_EQ(load({0, 0}),
            path.string() + ": no data (expected at least one sequence, step and feature, got (0, 2, 3))");
}

TEST(Load, ReadsPenDigits) {
  const auto path = data_test::data_set("pendigits/pendigits.tes");
  if (!path) GTEST_SKIP() << "no pendigits/pendigits.tes in the folder of HEED_DATA_DIR";
  const auto s = load_sequences<float>(*path, {}, {.features = 2});
  EXPECT_EQ(s.x.extents(), (heed::Extents<3>{3498, 8, 2}));
  EXPECT_EQ(load_sequences<float>(*path, {}, {.features = 2, .steps = 8, .labels = false}).labels, s.labels);
}

TEST(Load, WhereLabelsAreNotNeededSomeMayLack) {
  const Folder folder;
  const std::string long_rows = "id,x,y\n1,5,a\n1,6,a\n2,7,";
  const std::string ts = "@classLabel true a b\n@data\n1,2:a\n3,4:";
  const std::string arff = "@attribute x real\n@attribute z real\n@attribute y {a,b}\n@data\n1,2,a\n3,4,";
  struct File {
    const char* name;
    std::string text;
    heed::LoadOptions options;
  };
  for (const std::string label : {"", "?", "c c", "1.5"}) {
    std::vector<File> files{
        {"w.csv", "p,q,y\n1,2,a\n3,4," + label + '\n', {.steps = 2}},
        {"n.csv", "p,y,q\n1,a,2\n3," + label + ",4\n", {.steps = 2, .table = {.label_column = "y"}}},
        {"l.csv", long_rows + label + '\n', {.table = {.label_column = "y", .sequence_column = "id"}}}};
    if (label != "") files.push_back({"t.ts", ts + label + '\n', {}});
    if (label != "") files.push_back({"a.arff", arff + label + '\n', {}});
    for (File& file : files) {
      const auto path = folder.file(file.name, file.text);
      file.options.labels = false;
      const auto read = heed::load_sequences<float>(path, {}, file.options);
      EXPECT_EQ(read.count(), 2) << file.name << label;
      const bool any = label == "c c" && std::string(file.name).ends_with(".csv");  // any word will do in tables
      EXPECT_EQ(read.labels.empty(), !any && !(label == "?" && std::string(file.name).ends_with(".csv")))
          << file.name << label;
      file.options.targets = true;
      EXPECT_TRUE(heed::load_sequences<float>(path, {}, file.options).targets.empty()) << file.name << label;
      file.options.labels = true;
      EXPECT_NE(error_of([&] { heed::load_sequences<float>(path, {}, file.options); }), "no error")
          << file.name << label;
    }
  }
}

TEST(Load, ATableSaysTheNamesOfItsValues) {
  const Folder folder;
  const auto columns = [&](const std::string& text, heed::LoadOptions options = {}) {
    return load_sequences<float>(folder.file("t.csv", text), {}, options).columns;
  };
  EXPECT_EQ(columns("p,q,y\n1,2,a\n"), (Words{"p", "q"}));
  EXPECT_EQ(columns("y,p,q\na,1,2\n", {.table = {.label_column = "y"}}), (Words{"p", "q"}));
  EXPECT_EQ(columns(",p,y\n0,1,a\n", {.table = {.index_column = heed::TableFormat::IndexColumn::drop}}), Words{"p"});
  EXPECT_EQ(columns("1,2,a\n"), Words());
}

}  // namespace load_test
