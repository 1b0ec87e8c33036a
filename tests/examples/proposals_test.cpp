#include "../../examples/support/proposals.hpp"

#include <string>
#include <vector>

#include "program.hpp"

namespace proposals_test {

using namespace classifier_test;

TEST(Proposals, AreWhatIsNear) {
  const std::vector<std::string> names{"features",     "learning-rate", "batch", "layers",
                                       "weight-decay", "epochs",        "model"};
  const auto near = [&](const char* name) { return support::nearest(name, names); };
  EXPECT_EQ(near("feature"), "features");
  EXPECT_EQ(near("lr"), "learning-rate");
  EXPECT_EQ(near("wd"), "weight-decay");
  EXPECT_EQ(near("batch-size"), "batch");
  EXPECT_EQ(near("batch_size"), "batch");
  EXPECT_EQ(near("num-layers"), "layers");
  EXPECT_EQ(near("mdoel"), "model");
  EXPECT_EQ(near("learning_rate"), "learning-rate");
  EXPECT_EQ(near("Epoch"), "epochs");
  EXPECT_EQ(near("colour"), "");
  EXPECT_EQ(near("x"), "");
}

class Messages : public Classifier {
 protected:
  void expect(const std::string& arguments, const std::string& part) const {
    const Result result = run(arguments);
    EXPECT_NE(result.code, 0);
    EXPECT_NE(result.err.find(part), std::string::npos) << arguments << "\n" << result.err;
  }
};

TEST_F(Messages, ProposeTheOptionThatWasMeant) {
  write_csv();
  expect("train --data d.csv --feature 2", "unknown option --feature: did you mean --features?");
  expect("train --lr 0.1", "unknown option --lr: did you mean --learning-rate?");
  expect("train --batch-size=32", "unknown option --batch-size: did you mean --batch?");
  expect("train 7 --hiden 3", "unknown option --hiden: did you mean --hidden?");
  expect("evaluate --mdoel m.safetensors --data d.csv", "unknown option --mdoel: did you mean --model?");
  expect("train --colour 3", "unknown option --colour (");
  expect("trian --data d.csv", "unknown subcommand: trian: did you mean train?");
}

TEST_F(Messages, ProposeOptionsBeforeTheSubcommandToo) {
  write_csv();
  expect("--feature 2 train --data d.csv", "unknown option --feature: did you mean train --features?");
  expect("--epochs 2 train --data d.csv", "unknown option --epochs: did you mean train --epochs?");
  expect("--lr=0.1 train", "unknown option --lr: did you mean train --learning-rate?");
  expect("--mdoel m.safetensors evaluate --data d.csv", "unknown option --mdoel: did you mean evaluate --model?");
  expect("--epoch 3", "unknown option --epoch: did you mean train --epochs?");
  expect("--verison", "unknown option --verison: did you mean --version?");
  expect("--colour train", "unknown option --colour (");
}

TEST_F(Messages, NameFilesThatSayAnotherFormat) {
  write_csv();
  const auto refuses = [&](const std::string& option, const std::string& file, const std::string& part) {
    const auto before = files();
    expect("train --data d.csv --epochs 1 " + option + " " + file, part + "; got " + file);
    EXPECT_TRUE(files() == before) << option;
  };
  for (const std::string name : {"h.json", "h.jsonl", "h.png", "h.safetensors", "H.JSON"}) {
    refuses("--history", name, "a history is written as a table, named .csv");
  }
  for (const std::string name : {"run.pt", "run.csv", "run.json"}) {
    refuses("--checkpoint", name, "a checkpoint is written as a safetensors file, named .safetensors or .ckpt");
  }
  for (const std::string name : {"m.onnx", "m.json", "m.npy"}) {
    refuses("--model", name, "a model is written as a safetensors file, named .safetensors");
  }
  for (const std::string name : {"l.json", "l"}) refuses("--log", name, "named .csv or .jsonl");
  output_of("train --data d.csv --epochs 1 --quiet --model model --history table.txt --checkpoint run");
  expect("predict --model model --data d.csv --output p.json", "named .npy or .csv; got p.json");
  expect("explain --model model --data d.csv --output w.png", "named .npy or .csv; got w.png");
}

TEST_F(Messages, SayWhatATableDoesNot) {
  folder.file("t.csv", "0.5,1,2,3,a\n3,2,1,0,b\n1,1,2,2,a\n2,2,1,1,b\n");
  const std::string note = "--features F where a step has more";
  const std::string out = output_of("train --data t.csv --epochs 1");
  EXPECT_TRUE(has_line(out, "4 steps of 1 feature: " + note)) << out;
  EXPECT_FALSE(has_line(output_of("train --data t.csv --features 2 --epochs 1"), note));
  write_ts();
  EXPECT_FALSE(has_line(output_of("train --data d.ts --epochs 1"), note));
}

TEST_F(Messages, NameTheOptionOfMissingLabels) {
  write_npy();
  expect("train --data x.npy", "x.npy: no labels (expected --labels FILE (of --test: --test-labels FILE))");
  expect("train --data x.npy --labels y.npy --test x.npy --epochs 1", "--test-labels FILE");
}

TEST_F(Messages, SayWhichOptionsDescribeFilesOfOthers) {
  for (const char* command : {"evaluate", "predict", "explain", "inspect"}) {
    EXPECT_TRUE(
        has_line(output_of(std::string(command) + " --help"), "Sizes that a file of another program leaves open"));
  }
  EXPECT_FALSE(has_line(output_of("train --help"), "Sizes that a file of another program leaves open"));
}

}  // namespace proposals_test
