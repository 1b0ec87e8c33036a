// The language model's program, on its own corpus, on a slice of real captions where there are such, and on wrong
// input.

#include <cmath>
#include <sstream>
#include <string>

#include "example.hpp"

namespace language_model_test {

using namespace classifier_test;

class LanguageModel : public Example {
 protected:
  LanguageModel() : Example("language_model") {}
  /// Small and fast.
  const std::string small =
      " --size 16 --layers 1 --heads 2 --feedforward 16 --batch 4 --epochs 2 --threads 1 --samples 2 ";
  void write_corpus() const {
    std::string text;
    for (int i = 0; i < 12; ++i) text += i % 2 ? "A dog runs .\n" : "a cat sleeps here .\n";
    folder.file("train.txt", text);
    folder.file("val.txt", "a dog sleeps .\na cat runs .\n");
  }
};

TEST_F(LanguageModel, LearnsItsOwnCorpus) {
  const std::string out = succeeds("--threads 1 --samples 3");
  const double reached = number_after(out, "test perplexity "), best = number_after(out, "best possible ");
  EXPECT_GT(reached, 0.98 * best) << out;
  EXPECT_LT(reached, 1.1 * best) << out;
  const auto all = lines(out);
  ASSERT_GE(all.size(), 3u);
  for (std::size_t i = all.size() - 3; i < all.size(); ++i) EXPECT_EQ(words(all[i]).size(), 5u) << all[i];
}

TEST_F(LanguageModel, GoesOnFromItsFile) {
  write_corpus();
  const std::string data = "--train train.txt --validation val.txt --min-count 1 --model m.safetensors" + small;
  const std::string out = succeeds(data + "--test val.txt");
  EXPECT_TRUE(has_line(out, "12 sentences of at most 5 words, 7 of them known")) << out;
  EXPECT_EQ(succeeds(data + "--test val.txt").substr(out.find("test ")), out.substr(out.find("test ")))
      << "the same seed writes the same";
  const std::string again = succeeds("--model m.safetensors --test val.txt --samples 2 --threads 1");
  EXPECT_EQ(number_after(again, "test perplexity "), number_after(out, "test perplexity "));
  EXPECT_EQ(lines(again).back(), lines(out).back());
  const std::string prompted = succeeds("--model m.safetensors --prompt A --samples 3");
  ASSERT_EQ(lines(prompted).size(), 3u);
  for (const std::string& line : lines(prompted)) EXPECT_EQ(words(line).at(0), "A");
  const std::string likeliest = succeeds("--model m.safetensors --temperature 0 --samples 2 --seed 9");
  EXPECT_EQ(lines(likeliest)[0], lines(likeliest)[1]);
}

TEST_F(LanguageModel, LearnsCharacters) {
  write_corpus();
  const std::string out =
      succeeds("--characters --untied --train train.txt --validation val.txt --model m.safetensors" + small);
  EXPECT_TRUE(has_line(out, "12 sentences of at most 19 characters, 16 of them known")) << out;
  EXPECT_EQ(lines(succeeds("--model m.safetensors --samples 1")).size(), 1u)
      << "the file says that they are characters";
}

TEST_F(LanguageModel, ReadsCaptions) {
  const auto captions = data_test::data_set("multi30k/train.en"), val = data_test::data_set("multi30k/val.en");
  if (!captions || !val) GTEST_SKIP() << "HEED_DATA_DIR has no multi30k";
  const auto bytes = heed::read_file(*captions);
  const std::string text(heed::as_text(bytes));
  folder.file("train.txt", text.substr(0, text.find('\n', 30000) + 1));
  folder.file("val.txt", text.substr(0, text.find('\n', 3000) + 1));
  const std::string out = succeeds(
      "--train train.txt --validation val.txt --size 32 --layers 1 --heads 2 --feedforward 32 --batch 16 --epochs 10 "
      "--threads 1 --samples 1");
  EXPECT_LT(number_after(out, "validation perplexity "), number_after(out, "of counted words ")) << out;
}

TEST_F(LanguageModel, SaysWhatIsWrong) {
  write_corpus();
  const std::string data = "--train train.txt --validation val.txt --model m.safetensors";
  fails("--train train.txt", 2, "--validation");
  fails("--validation val.txt", 2, "--train");
  fails("--epochs 0", 2, "--epochs");
  fails("--colour red", 2, "--colour");
  fails("--train none.txt --validation val.txt", 1, "none.txt");
  fails("--train train.txt --validation none.txt", 1, "none.txt");
  fails(data + " --heads 3", 1, "heads");
  fails(data + " --dropout 1", 2, "--dropout");
  folder.file("empty.txt", "\n\n");
  fails("--train empty.txt --validation val.txt", 1, "empty.txt");
  folder.file("model.txt", "no model");
  fails("--model model.txt --prompt a", 1, "model.txt");
}

}  // namespace language_model_test
