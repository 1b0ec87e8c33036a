// The tagger: its own small task, slices of real data, its model file, and wrong input.

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "heed/data/conll.hpp"
#include "heed/io/safetensors_file.hpp"
#include "program.hpp"

namespace tagger_test {

using namespace classifier_test;

class TaggerProgram : public Classifier {
 protected:
  Result tagger(std::vector<std::string> arguments, Setting setting = {}) const {
    setting.folder = folder / ".";
    setting.program = HEED_EXAMPLES_DIR "/tagger";
    return classifier_test::run(setting, std::move(arguments));
  }
  Result tagger(const std::string& arguments, Setting setting = {}) const {
    return tagger(words(arguments), std::move(setting));
  }
  std::string output(const std::string& arguments) const {
    const Result result = tagger(arguments);
    EXPECT_EQ(result.code, 0) << arguments << "\n" << result.err;
    EXPECT_EQ(result.err, "") << arguments;
    return result.out;
  }
  /// The number after the words "test F1" or "test accuracy".
  static double score(const std::string& out, const std::string& name) {
    const std::size_t at = out.find("test " + name + " ");
    return at == std::string::npos ? -1 : std::strtod(out.c_str() + at + 6 + name.size(), nullptr);
  }
  /// Some sentences of a file of real data.
  void slice(const fs::path& from, const std::string& to, heed::Index count) const {
    const heed::TaggedSentences all = heed::read_conll(from);
    std::string text;
    for (std::size_t i = 0; i < std::min<std::size_t>(all.words.size(), static_cast<std::size_t>(count)); ++i) {
      for (std::size_t t = 0; t < all.words[i].size(); ++t) text += all.words[i][t] + '\t' + all.tags[i][t] + '\n';
      text += '\n';
    }
    folder.file(to, text);
  }
  static std::optional<fs::path> data() {
    const char* path = std::getenv("HEED_DATA_DIR");
    return path ? std::optional<fs::path>(path) : std::nullopt;
  }
};

TEST_F(TaggerProgram, LearnsItsOwnTaskAndKeepsIt) {
  const std::string out = output("--model m.safetensors --epochs 6 --threads 1");
  EXPECT_TRUE(has_line(out, "600 sentences, ")) << out;
  EXPECT_GT(score(out, "F1"), 0.95) << out;
  for (const std::string& line : lines(out)) EXPECT_LE(line.size(), 80u) << line;
  const heed::Metadata m = heed::SafetensorsFile(folder / "m.safetensors").metadata();
  EXPECT_EQ(m.at("labels"), "B-person\nB-place\nI-person\nI-place\nO\n");
  EXPECT_TRUE(m.at("features").starts_with("lower\nprefix1\n")) << m.at("features");
  EXPECT_NE(m.at("texts.0").find("mayor\n"), std::string::npos);

  const Result tagged = tagger({"--model", "m.safetensors", "--tag", "last year Morika met Lena in New Halfenburg."});
  EXPECT_EQ(tagged.code, 0) << tagged.err;
  const auto rows = lines(tagged.out);
  ASSERT_EQ(rows.size(), 2u) << tagged.out;
  EXPECT_EQ(words(rows[0]), words("last year Morika met Lena in New Halfenburg ."));
  EXPECT_EQ(words(rows[1]), words("B-person B-person B-place I-place"));
  EXPECT_EQ(rows[1].find("B-place"), rows[0].find("New"));
}

TEST_F(TaggerProgram, GivesTheSameFileForAnyNumberOfThreads) {
  for (const char* threads : {"1", "3"}) {
    output(std::string("--epochs 1 --hidden 16 --layers 2 --attention multihead --threads ") + threads + " --model " +
           threads);
  }
  EXPECT_TRUE(text("1") == text("3"));
}

TEST_F(TaggerProgram, OnATerminalTagsHaveColours) {
  if (const auto why = no_terminal()) GTEST_SKIP() << *why;
  const std::string model = "--model m.safetensors ";
  output(model + "--epochs 3");
  Setting setting{.folder = {}, .terminal = true, .environment = {"TERM=xterm-256color"}};
  const std::string coloured =
      tagger({"--model", "m.safetensors", "--tag", "trains from Ostford are late."}, setting).out;
  EXPECT_NE(coloured.find("\x1b[38;5;"), std::string::npos) << coloured;
  setting.environment.push_back("NO_COLOR=1");
  const std::string plain = tagger({"--model", "m.safetensors", "--tag", "trains from Ostford are late."}, setting).out;
  EXPECT_EQ(plain.find('\x1b'), std::string::npos) << plain;
}

TEST_F(TaggerProgram, AnInterruptKeepsTheBestWeights) {
  const Result result =
      tagger("--epochs 100000 --hidden 8 --model m.safetensors", {.folder = {}, .signal = SIGINT, .cue = "epoch  2"});
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_NE(result.out.find("interrupted"), std::string::npos) << result.out;
  EXPECT_NE(result.out.find("test F1"), std::string::npos) << result.out;
  EXPECT_EQ(files().count("m.safetensors"), 1u);
}

TEST_F(TaggerProgram, LearnsPartsOfSpeech) {
  if (!data()) GTEST_SKIP() << "HEED_DATA_DIR is not set";
  const fs::path from = *data() / "ud_english_ewt";
  slice(from / "train.tsv", "train.tsv", 800);
  slice(from / "dev.tsv", "dev.tsv", 200);
  slice(from / "test.tsv", "test.tsv", 200);
  const std::string sizes = "--hidden 32 --features lower:32,suffix2:8,suffix3:16,shape:8 ";
  const std::string out = output(
      "--train train.tsv --dev dev.tsv --test test.tsv --epochs 6 --learning-rate 0.01 --model m.safetensors " + sizes);
  EXPECT_GT(score(out, "accuracy"), 0.8) << out;
  const std::string again = output("--model m.safetensors --test test.tsv");
  EXPECT_EQ(score(again, "accuracy"), score(out, "accuracy"));
}

TEST_F(TaggerProgram, LearnsEntities) {
  if (!data()) GTEST_SKIP() << "HEED_DATA_DIR is not set";
  const fs::path from = *data() / "wnut17";
  slice(from / "wnut17train.conll", "train", 500);
  slice(from / "emerging.dev.conll", "dev", 100);
  slice(from / "emerging.test.annotated", "test", 100);
  const std::string out = output("--train train --dev dev --test test --epochs 2 --hidden 16 --attention multihead");
  EXPECT_TRUE(has_line(out, "500 sentences")) << out;
  EXPECT_TRUE(has_line(out, "type precision recall F1 entities")) << out;
  EXPECT_GE(score(out, "F1"), 0) << out;
}

TEST_F(TaggerProgram, SaysWhatIsWrongInOneLine) {
  folder.file("ok.tsv", "a\tX\nb\tY\n");
  folder.file("bad.tsv", "a\tX\nb\n");
  folder.file("other.tsv", "a\tZ\n");
  folder.file("no.safetensors", "nothing");
  const struct {
    const char *arguments, *message;
    int code;
  } cases[] = {
      {"--train ok.tsv", "--dev is required", 2},
      {"--dev ok.tsv", "--train", 2},
      {"--test ok.tsv", "--train or --model is required", 2},
      {"--epochs 0", "--epochs", 2},
      {"--attention additive", "--attention", 2},
      {"--features lower", "as in suffix3:16; got lower", 2},
      {"--strange", "--strange", 2},
      {"--train none.tsv --dev ok.tsv", "none.tsv", 1},
      {"--train bad.tsv --dev ok.tsv", "bad.tsv, line 2, column 2: too few columns", 1},
      {"--train ok.tsv --dev other.tsv", "other.tsv, sentence 1, word 1: unknown tag", 1},
      {"--features stem:3", "unknown feature of words", 1},
      {"--attention multihead --heads 3", "heads", 1},
      {"--model none.safetensors --tag x", "none.safetensors", 1},
      {"--model no.safetensors --tag x", "no.safetensors", 1},
      {"--model none/m.safetensors", "none/m.safetensors", 1},
  };
  const auto before = files();
  for (const auto& c : cases) {
    const Result result = tagger(c.arguments);
    EXPECT_EQ(result.code, c.code) << c.arguments << "\n" << result.err;
    EXPECT_EQ(lines(result.err).size(), 1u) << c.arguments << "\n" << result.err;
    EXPECT_NE(result.err.find(c.message), std::string::npos) << c.arguments << "\n" << result.err;
    EXPECT_EQ(files(), before) << c.arguments;
  }
}

}  // namespace tagger_test
