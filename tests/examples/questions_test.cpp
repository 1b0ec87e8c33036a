// The program that answers questions about digits, on its own task, on a slice of real digits where there are such, and
// on wrong input.

#include "example.hpp"

namespace questions_test {

using namespace classifier_test;

class QuestionsProgram : public Example {
 protected:
  QuestionsProgram() : Example("questions") {}
  const std::string small = " --channels 4 --embedding 8 --hidden 16 --heads 2 --threads 1 ";
};

TEST_F(QuestionsProgram, LearnsItsOwnTaskAndKeepsTheModel) {
  const std::string out =
      succeeds("--channels 8 --embedding 16 --hidden 32 --learning-rate 0.01 --threads 1 --model m.safetensors");
  EXPECT_TRUE(has_line(out, "15000 questions about 1500 images, 20 words, 12 answers, 15580 parameters")) << out;
  const double blind = number_after(out, "each question: ");
  EXPECT_NEAR(blind, 0.52, 0.03) << out;
  EXPECT_GT(number_after(out, "test accuracy "), 0.9) << out;
  for (const char* shown : {"which digit is it ?  ", ", right: ", "(image)"}) {
    EXPECT_NE(out.find(shown), std::string::npos) << shown << '\n' << out;
  }
  fits_80_columns(out);
}

TEST_F(QuestionsProgram, LearnsRealDigitsLoadsAndAnswers) {
  const auto digits = data_test::data_set("optdigits/optdigits.tra");
  if (!digits) GTEST_SKIP() << "HEED_DATA_DIR has no optdigits";
  const auto bytes = heed::read_file(*digits);
  std::string text(heed::as_text(bytes));
  const std::size_t end = text.find('\n', 200'000) + 1;
  folder.file("train.csv", text.substr(0, end));
  folder.file("test.csv", text.substr(end, text.find('\n', end + 50'000) + 1 - end));
  const std::string out = succeeds(
      "--train train.csv --test test.csv --epochs 8 --learning-rate 0.005 --channels 8 --embedding 16 "
      "--hidden 32 --threads 1 --model m.safetensors");
  EXPECT_GT(number_after(out, "test accuracy "), 0.9) << out;

  const std::string again = succeeds("--test test.csv --model m.safetensors");
  EXPECT_EQ(number_after(again, "test accuracy "), number_after(out, "test accuracy "));
  EXPECT_EQ(again.substr(again.find("how much")), out.substr(out.find("how much")));

  const Result asked = run_program(
      {"--test", "test.csv", "--model", "m.safetensors", "--show", "3", "--ask", "Is it larger than FOUR?"});
  EXPECT_EQ(asked.code, 0) << asked.err;
  std::size_t answers = 0;
  for (const std::string& line : lines(asked.out)) {
    answers += line.find("is it larger than four ?  yes") != std::string::npos ||
               line.find("is it larger than four ?  no") != std::string::npos;
  }
  EXPECT_EQ(answers, 3U) << asked.out;
}

TEST_F(QuestionsProgram, GivesTheSameModelForAnyNumberOfThreads) {
  const std::string options = " --channels 2 --embedding 4 --hidden 4 --heads 1 --epochs 1 --questions 2 --show 0 ";
  succeeds("--threads 1 --model 1.safetensors" + options);
  succeeds("--threads 2 --model 2.safetensors" + options);
  EXPECT_TRUE(text("1.safetensors") == text("2.safetensors"));
}

TEST_F(QuestionsProgram, UsesTheModelThatIsThereAndDoesNotWriteOverIt) {
  const std::string out = succeeds("--epochs 1 --questions 1 --model m.safetensors" + small);
  const std::string kept = text("m.safetensors"), again = succeeds("--model m.safetensors");
  EXPECT_EQ(number_after(again, "test accuracy "), number_after(out, "test accuracy "));
  EXPECT_EQ(again.find(" parameters"), std::string::npos) << "nothing is trained";
  EXPECT_EQ(text("m.safetensors"), kept);
}

TEST_F(QuestionsProgram, SaysWhatIsWrong) {
  succeeds("--epochs 1 --questions 1 --show 0 --model m.safetensors" + small);
  const auto ask_fails = [&](const std::string& question, const std::string& with) {
    const Result result = run_program({"--model", "m.safetensors", "--ask", question});
    EXPECT_EQ(result.code, 1) << question;
    EXPECT_EQ(lines(result.err).size(), 1U) << result.err;
    EXPECT_NE(result.err.find(with), std::string::npos) << result.err;
  };
  ask_fails("is it bigger than four ?", "an unknown word");
  ask_fails("is it bigger than four ?", "'bigger'");
  ask_fails("is it four or five ?", "'or'");
  ask_fails("is it larger than is it larger", "question: too many words (expected at most 6, got 8)");
  ask_fails(" ", "an empty question");
  folder.file("d.csv", "1,2,3,4,5\n");
  fails("--train d.csv", 1, "d.csv");
  fails("--train none.csv", 1, "none.csv");
  EXPECT_EQ(run_program({"--model", "m.safetensors", "--ask", "Is it seven"}).out,
            run_program({"--model", "m.safetensors", "--ask", "is it seven ?"}).out);
  fails("--heads 5", 1, "heads");
  fails("--side 4", 1, "wrong number of pixels");
  fails("--test d.csv", 2, "--model");
  fails("--ask it", 2, "--model");
  fails("--train d.csv --model m.safetensors --ask it", 2, "--train");
  fails("--epochs 0", 2, "--epochs");
}

}  // namespace questions_test
