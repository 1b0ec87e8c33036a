// Runs that end before their time: Ctrl-C, kill -9, fewer epochs; and go on.

#include <string>
#include <vector>

#include "program.hpp"

namespace resume_test {

using namespace classifier_test;

class Resume : public Classifier {
 protected:
  void SetUp() override { write_npy("x.npy", "y.npy", 0, 60); }

  // Of an endless pipe the program can only write so much ahead: with a line an epoch it is still far from epoch 2000.
  Result signalled(int signal, const std::string& cue, const std::string& arguments) const {
    return classifier_test::run({.folder = folder / ".", .signal = signal, .cue = cue}, words(arguments));
  }
  /// Without the seconds; the log has them last but one.
  static std::string timeless(const std::string& table, std::size_t from_behind) {
    std::string result;
    for (const std::string& line : lines(table)) {
      std::size_t end = line.size(), begin = line.rfind(',');
      for (std::size_t i = 1; i < from_behind; ++i) end = begin, begin = line.rfind(',', begin - 1);
      result += line.substr(0, begin) + line.substr(end) + '\n';
    }
    return result;
  }
};

constexpr const char* npy = "train --data x.npy --labels y.npy ";

TEST_F(Resume, GivesTheBytesOfARunThatNeverEnded) {
  for (const std::string options :
       {"", "--batch 16 --dropout 0.3 --layers 2 --bidirectional --hidden 8",
        "--batch 16 --validation 0.2 --early-stopping 50 --ema 0.9 --schedule plateau --decay-every 1 --clip 0.5",
        "--attention multihead --flavor keras --standardize --weight-decay 0.01 --class-weights balanced"}) {
    SCOPED_TRACE(options);
    const std::string train = npy + options + " --quiet ";
    const std::string kept = train + "--checkpoint c --resume --log log.csv --history h.csv --model m.safetensors ";
    output_of(train + "--epochs 9 --log log0.csv --history h0.csv --model m0.safetensors");
    fs::remove(folder / "c");
    output_of(kept + "--epochs 4 --checkpoint-every 3");  // starts: there is no checkpoint
    output_of(kept + "--epochs 9 --checkpoint-every 2 --threads 3");
    EXPECT_TRUE(text("m.safetensors") == text("m0.safetensors"));
    EXPECT_EQ(timeless(text("h.csv"), 1), timeless(text("h0.csv"), 1));
    std::string log = timeless(text("log.csv"), 2), expected = timeless(text("log0.csv"), 2);
    for (std::size_t at; (at = log.find(",4,")) != std::string::npos;) log.replace(at, 3, ",9,");  // `epochs`
    for (std::size_t at; (at = expected.find(",4,")) != std::string::npos;) expected.replace(at, 3, ",9,");
    EXPECT_EQ(log, expected);
    output_of(kept + "--epochs 9");  // nothing is left to do
    EXPECT_TRUE(text("m.safetensors") == text("m0.safetensors"));
  }
}

TEST_F(Resume, GoesOnWithText) {
  write_text();
  const std::string train = "train --text t.txt --batch 8 --dropout 0.2 --quiet ";
  output_of(train + "--epochs 6 --model m0.safetensors");
  output_of(train + "--epochs 2 --checkpoint c");
  output_of(train + "--epochs 6 --checkpoint c --resume --model m.safetensors");
  EXPECT_TRUE(text("m.safetensors") == text("m0.safetensors"));
}

TEST_F(Resume, GoesOnFromBeforeThereWasAChoiceOfTheLastState) {
  const std::string train = npy + std::string("--bidirectional --attention none --hidden 8 --quiet ");
  const std::string step = train + "--last-state step ";
  output_of(step + "--epochs 4 --model m0.safetensors");
  output_of(step + "--epochs 2 --checkpoint c");  // says nothing of it, as checkpoints did before
  output_of(train + "--epochs 4 --checkpoint c --resume --model m.safetensors");
  EXPECT_TRUE(text("m.safetensors") == text("m0.safetensors"));
  output_of(train + "--epochs 4 --model m1.safetensors");
  EXPECT_TRUE(text("m1.safetensors") != text("m0.safetensors"));
  const Result other = run(train + "--last-state final --epochs 5 --checkpoint c --resume");
  EXPECT_NE(other.err.find("model.last_state: expected \"final\", got nothing"), std::string::npos) << other.err;
}

TEST_F(Resume, WithoutItACheckpointIsAnError) {
  output_of(npy + std::string("--epochs 1 --quiet --checkpoint c"));
  const auto before = files();
  const Result result = run(npy + std::string("--epochs 2 --checkpoint c --model m.safetensors"));
  EXPECT_EQ(result.code, 1);
  EXPECT_EQ(result.err,
            "classifier: c: there is a checkpoint already: --resume goes on from it; remove it to start anew\n");
  EXPECT_TRUE(files() == before);
}

TEST_F(Resume, RefusesTheCheckpointOfAnotherRun) {
  output_of(npy + std::string("--epochs 1 --quiet --checkpoint c"));
  for (const std::string other : {"--hidden 8", "--seed 1", "--batch 16", "--clip 1", "--learning-rate 0.1"}) {
    const Result result = run(npy + std::string("--epochs 2 --quiet --resume --checkpoint c ") + other);
    EXPECT_EQ(result.code, 1);
    EXPECT_NE(result.err.find("a checkpoint of another model, data or options"), std::string::npos) << result.err;
  }
  const Result result = run(npy + std::string("--epochs 2 --quiet --resume --checkpoint x.npy"));
  EXPECT_NE(result.err.find("x.npy"), std::string::npos) << result.err;
}

TEST_F(Resume, RefusesTheCheckpointOfMoreEpochs) {
  output_of(npy + std::string("--epochs 3 --quiet --checkpoint c"));
  const auto before = files();
  const Result result = run(npy + std::string("--epochs 2 --quiet --resume --checkpoint c --model m.safetensors"));
  EXPECT_EQ(result.code, 1);
  EXPECT_NE(result.err.find("the checkpoint has more epochs than this run (expected at least 3 epochs"),
            std::string::npos)
      << result.err;
  EXPECT_TRUE(files() == before);
}

TEST_F(Resume, AKillLosesTheEpochsSinceTheLastCheckpointAlone) {
  const std::string train = npy + std::string("--hidden 4 --dense 2 --batch 20 --epochs 2000 ");
  output_of(train + "--quiet --model m0.safetensors");
  const std::string kept = train + "--checkpoint c --checkpoint-every 7 --resume --model m.safetensors";
  for (const char* cue : {"epoch 3/", "epoch 300/", "epoch 900/"}) {
    const Result killed = signalled(SIGKILL, cue, kept);
    EXPECT_EQ(killed.code, 128 + SIGKILL) << killed.err;
    EXPECT_FALSE(fs::exists(folder / "m.safetensors"));
  }
  const std::string out = output_of(kept);
  EXPECT_EQ(out.find("epoch 1/"), std::string::npos) << "it goes on";
  EXPECT_TRUE(text("m.safetensors") == text("m0.safetensors"));
  for (const auto& file : files()) EXPECT_FALSE(file.first.ends_with(".tmp")) << file.first;
}

TEST_F(Resume, AnInterruptKeepsTheRun) {
  const std::string train = npy + std::string("--hidden 4 --dense 2 --batch 20 --epochs 2000 ");
  output_of(train + "--quiet --model m0.safetensors");
  const std::string kept = train + "--checkpoint c --checkpoint-every 1000 --resume --model m.safetensors";
  const Result result = signalled(SIGTERM, "epoch 20/", kept);
  EXPECT_EQ(result.code, 1);
  EXPECT_NE(result.err.find("interrupted after epoch"), std::string::npos) << result.err;
  EXPECT_NE(result.err.find("are in m.safetensors; --resume goes on from c"), std::string::npos) << result.err;
  output_of("evaluate --model m.safetensors --data x.npy --labels y.npy");
  output_of(kept);
  EXPECT_TRUE(text("m.safetensors") == text("m0.safetensors"));
}

TEST_F(Resume, AnInterruptKeepsTheBestWeights) {
  const Result result = signalled(SIGINT, "20/",
                                  npy + std::string("--epochs 100000000 --validation 0.2 "
                                                    "--early-stopping 100000000 --model m.safetensors"));
  EXPECT_EQ(result.code, 1);
  EXPECT_NE(result.err.find("the weights of epoch "), std::string::npos) << result.err;
  EXPECT_NE(result.err.find(", the best, are in m.safetensors"), std::string::npos) << result.err;
  EXPECT_EQ(lines(result.err).size(), 1u);
}

TEST_F(Resume, WhatIsIgnoredStaysIgnored) {  // nohup
  const Result result = classifier_test::run(
      {.folder = folder / ".", .signal = SIGINT, .program = "/bin/sh"},
      {"-c", std::string("trap '' INT; exec ") + HEED_CLASSIFIER + ' ' + npy + "--epochs 300 --hidden 4"});
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_TRUE(has_line(result.out, "epoch 300/300"));
}

}  // namespace resume_test
