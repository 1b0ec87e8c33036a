// The program `sentences`: a classifier of sentences and the words it looks at.

#include <filesystem>
#include <string>

#include "program.hpp"

namespace sentences_test {

using namespace classifier_test;

class SentencesProgram : public testing::Test {
 protected:
  Result run(std::vector<std::string> arguments) const {
    Setting setting{.folder = folder / "."};
    setting.program = HEED_EXAMPLES_DIR "/sentences";
    return classifier_test::run(setting, std::move(arguments));
  }
  std::string output_of(std::vector<std::string> arguments) const {
    const Result result = run(std::move(arguments));
    EXPECT_EQ(result.code, 0) << result.err;
    EXPECT_EQ(result.err, "");
    for (const std::string& line : lines(result.out)) EXPECT_LE(support_columns(line), 80) << line;
    return result.out;
  }
  void expect_error(std::vector<std::string> arguments, int code, const std::string& message) const {
    const Result result = run(std::move(arguments));
    EXPECT_EQ(result.code, code) << result.out;
    EXPECT_EQ(lines(result.err).size(), 1u) << result.err;
    EXPECT_NE(result.err.find(message), std::string::npos) << result.err;
  }
  static int support_columns(const std::string& line) {
    return static_cast<int>(std::count_if(line.begin(), line.end(), [](char c) { return (c & 0xC0) != 0x80; }));
  }
  bool exists(const std::string& name) const { return std::filesystem::exists(folder / name); }

  Folder folder;
};

TEST_F(SentencesProgram, LearnsTheFiveSentences) {
  for (const char* seed : {"0", "1", "2", "3", "4"}) {
    const std::string out = output_of({"--seed", seed, "--model", "m.safetensors"});
    EXPECT_TRUE(has_line(out, "training accuracy 1.0000 of 5 sentences")) << out;
    EXPECT_NE(out.find("sentence 2, answer negative"), std::string::npos) << out;
    EXPECT_NE(out.find("homework"), std::string::npos);
  }
}

TEST_F(SentencesProgram, ASavedModelAnswers) {
  output_of({"--model", "m.safetensors"});
  const std::string out = output_of({"--model", "m.safetensors", "--ask", "I hate Strangers"});
  EXPECT_NE(out.find("answer negative"), std::string::npos) << out;
  EXPECT_NE(out.find("[strangers]"), std::string::npos) << out;
}

TEST_F(SentencesProgram, GivesTheSameModelForAnyNumberOfThreads) {
  output_of({"--model", "1.safetensors", "--threads", "1"});
  output_of({"--model", "2.safetensors", "--threads", "2"});
  EXPECT_TRUE(heed::read_file(folder / "1.safetensors") == heed::read_file(folder / "2.safetensors"));
}

TEST_F(SentencesProgram, DrawsTheWeights) {
  if (std::system("gnuplot --version >/dev/null 2>&1") != 0) GTEST_SKIP() << "gnuplot is not installed";
  output_of({"--picture", "a.svg"});
  const auto bytes = heed::read_file(folder / "a.svg");
  const std::string svg(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  for (const char* word : {"homework", "cats", "positive", "negative", "attention weight"}) {
    EXPECT_NE(svg.find(word), std::string::npos) << word;
  }
}

TEST_F(SentencesProgram, LearnsFromAFileAndIsMeasuredOnAnother) {
  std::string text;
  for (int i = 0; i < 40; ++i) {
    text += i % 2 ? "NUM How many steps has stair " : "LOC Where does the river end at ";
    text += std::to_string(i) + " ?\n";
  }
  folder.file("train.txt", text);
  folder.file("test.txt", "NUM How many rivers ?\nLOC Where is it ?\n");
  const std::string out =
      output_of({"--data", "train.txt", "--test", "test.txt", "--epochs", "10", "--embedding", "8", "--hidden", "8",
                 "--dropout", "0.1", "--learning-rate", "0.02", "--batch", "8", "--model", "m.safetensors"});
  EXPECT_TRUE(has_line(out, "test accuracy 1.0000 of 2 sentences")) << out;
}

TEST_F(SentencesProgram, LearnsASliceOfTrec) {
  const auto path = data_test::data_set("trec/TREC.train.all");
  if (!path) GTEST_SKIP() << "HEED_DATA_DIR does not hold trec";
  const auto bytes = heed::read_file(*path);
  std::string text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  text.resize(text.find('\n', 40'000) + 1);
  folder.file("slice.txt", text);
  const std::string out = output_of({"--data", "slice.txt", "--epochs", "10", "--show", "3", "--embedding", "32",
                                     "--dropout", "0.2", "--learning-rate", "0.01"});
  const auto at = out.find("training accuracy ");
  ASSERT_NE(at, std::string::npos) << out;
  EXPECT_GT(std::stod(out.substr(at + 18)), 0.6) << out;
}

TEST_F(SentencesProgram, RefusesWhatIsWrong) {
  folder.file("d.txt", "a one two\nb\n");
  folder.file("one.txt", "a one two\na two\n");
  expect_error({"--strange"}, 2, "--strange");
  expect_error({"--epochs", "0"}, 2, "--epochs");
  expect_error({"--test", "d.txt"}, 2, "--data");
  expect_error({"--ask", "cats"}, 2, "--model");
  expect_error({"--data", "none.txt"}, 1, "none.txt: cannot open");
  expect_error({"--data", "d.txt"}, 1, "d.txt");
  expect_error({"--data", "one.txt", "--min-count", "9"}, 1, "no word occurs --min-count 9 times");
  expect_error({"--model", "none/m.safetensors"}, 1, "none/m.safetensors");
  expect_error({"--picture", "a.jpg"}, 1, "a picture is named .png or .svg");
  folder.file("d.txt", "a one two\nb three\n");
  expect_error({"--data", "d.txt", "--model", "d.txt"}, 1, "this file is read, it must not be written");
  expect_error({"--ask", "cats", "--model", "d.txt"}, 1, "d.txt");
  folder.file("e.txt", "c one two\n");
  expect_error({"--data", "d.txt", "--test", "e.txt", "--epochs", "1"}, 1, "e.txt");
  EXPECT_FALSE(exists("a.jpg"));
}

}  // namespace sentences_test
