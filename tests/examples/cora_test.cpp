// The program of graph attention networks, on its own task, on Cora where it is, and on wrong input.

#include "example.hpp"

namespace cora_test {

using namespace classifier_test;

class Cora : public Example {
 protected:
  Cora() : Example("cora") {}
};

TEST_F(Cora, LearnsItsOwnTaskAndShowsWhoListensToWhom) {
  const std::string out = succeeds("--seeds 2 --epochs 200 --model m.safetensors");
  EXPECT_TRUE(has_line(out, "600 papers, 2988 citations both ways and loops, 60 words, 3 subjects")) << out;
  EXPECT_TRUE(has_line(out, "60 papers to train on")) << out;
  const double mean = number_after(out, "mean ");
  EXPECT_GT(mean, 0.8) << out;
  EXPECT_LT(mean, 1.0) << out;
  EXPECT_NE(out.find(", of subject "), std::string::npos) << out;
  EXPECT_EQ(number_after(out, "the model of the first seed: "),
            number_after(out.substr(0, out.find("seed 1")), "accuracy "));
  fits_80_columns(out);
  const std::string again = succeeds("--seeds 0 --model m.safetensors");
  EXPECT_EQ(number_after(again, "test accuracy "), number_after(out, "the model of the first seed: "));
  EXPECT_EQ(again.substr(again.find("\npaper ")), out.substr(out.find("\npaper ")));
}

TEST_F(Cora, ReadsNodesAndEdges) {
  const auto nodes = data_test::data_set("cora/nodes.txt"), edges = data_test::data_set("cora/edges.txt");
  if (!nodes || !edges) GTEST_SKIP() << "HEED_DATA_DIR has no cora";
  const std::string out = succeeds("--nodes " + nodes->string() + " --edges " + edges->string() + " --epochs 60");
  EXPECT_NE(out.find("2708 papers, 13264 citations"), std::string::npos) << out;
  EXPECT_GT(number_after(out, "test accuracy "), 0.75) << out;
}

TEST_F(Cora, SaysWhatIsWrong) {
  folder.file("nodes.txt", "0 0 train 1\n1 1 val 2\n2 0 test 0\n");
  folder.file("edges.txt", "0 1\n1 2\n");
  folder.file("bad.txt", "0 1\n1 7\n");
  folder.file("part.txt", "0 0 train 1\n1 1 val 2\n2 0 val 0\n");
  succeeds("--nodes nodes.txt --edges edges.txt --epochs 5");
  fails("--nodes nodes.txt", 2, "--edges");
  fails("--heads 0", 2, "--heads");
  fails("--nodes nodes.txt --edges none.txt", 1, "none.txt");
  fails("--nodes nodes.txt --edges bad.txt --model m.safetensors", 1, "bad.txt, line 2, column 3: number out of range");
  succeeds("--epochs 1 --model m.safetensors");
  fails("--nodes nodes.txt --edges edges.txt --seeds 0 --model m.safetensors", 1,
        "m.safetensors: a model of other papers (expected 3 words, 2 subjects, got 60 words, 3 subjects)");
  fails("--seeds 0", 2, "--model");
  fails("--nodes part.txt --edges edges.txt", 1, "no nodes of a part (expected test)");
  fails("--epochs 5 --model none/m.safetensors", 1, "none/m.safetensors");
}

}  // namespace cora_test
