// The translator: on its own corpus, on a slice of real text where there is some, from its file, and with wrong input.

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <string>

#include "example.hpp"

namespace translate_test {

using namespace classifier_test;

class Translate : public Example {
 protected:
  Translate() : Example("translate") {}
};

TEST_F(Translate, LearnsItsOwnCorpus) {
  const std::string out = succeeds("--threads 1");
  EXPECT_GT(number_after(out, "test BLEU "), 90) << out;
  EXPECT_NE(out.find("</s>"), std::string::npos) << "the map";
}

TEST_F(Translate, TrainsOnASliceOfRealTextAndGoesOnFromItsFile) {
  const char* data = std::getenv("HEED_DATA_DIR");
  if (!data) GTEST_SKIP() << "HEED_DATA_DIR is not set";
  const fs::path source = fs::path(data) / "multi30k";
  for (const char* name : {"val.de", "val.en"}) {
    std::ifstream in(source / name);
    std::string text, line;
    for (int i = 0; i < 120 && std::getline(in, line); ++i) text += line + '\n';
    folder.file(name, text);
  }
  const std::string out = succeeds(
      "--train val.de val.en --val val.de val.en --test val.de val.en --embedding 16 --hidden 16 --epochs 2 --threads "
      "1 "
      "--max-words 20 --beam 2 --model m.safetensors");
  EXPECT_EQ(lines(out).front().substr(0, 14), "120 sentences;");
  EXPECT_GT(number_after(out, "val perplexity "), 1) << out;
  const std::string again = succeeds("--model m.safetensors --test val.de val.en --threads 1 --max-words 20 --beam 2");
  EXPECT_EQ(again, out.substr(out.find("test BLEU "))) << "the file holds the model";
  const Result one = run_program({"--model", "m.safetensors", "--translate", "Ein MANN schläft."});
  EXPECT_EQ(one.code, 0) << one.err;
  EXPECT_NE(one.out.find("\nein mann schläft .\n"), std::string::npos) << one.out;
}

TEST_F(Translate, GoesOnFromACheckpointToTheSameModel) {
  folder.file("a.txt", "ein hund\nein mann\nzwei hunde\n");
  folder.file("b.txt", "a dog\na man\ntwo dogs\n");
  const std::string train =
      "--train a.txt b.txt --embedding 8 --hidden 8 --min-count 1 --dropout 0.3 --threads 1 --epochs ";
  succeeds(train + "6 --model whole.safetensors");
  succeeds(train + "2 --checkpoint c --model part.safetensors");
  const std::string rest = succeeds(train + "6 --checkpoint c --model rest.safetensors");
  EXPECT_EQ(rest.find("epoch  2"), std::string::npos) << rest;
  EXPECT_NE(rest.find("epoch  3"), std::string::npos) << rest;
  EXPECT_EQ(text("rest.safetensors"), text("whole.safetensors"));
}

TEST_F(Translate, DrawsWhatItLookedAt) {
  if (std::system("gnuplot --version >/dev/null 2>&1") != 0) GTEST_SKIP() << "gnuplot is not installed";
  succeeds("--threads 1 --epochs 1 --picture map.png");
  EXPECT_EQ(text("map.png").substr(1, 3), "PNG");
}

TEST_F(Translate, RefusesWhatIsWrong) {
  folder.file("a.txt", "one\ntwo\n");
  folder.file("b.txt", "eins\n");
  fails("--train a.txt b.txt --model m.safetensors", 1, "b.txt: not a line for each line of a.txt");
  fails("--train a.txt", 2, "--train");
  fails("--train a.txt none.txt", 1, "none.txt");
  fails("--score cosine", 2, "--score");
  fails("--checkpoint run.pt", 2,
        "a checkpoint is written as a safetensors file, named .safetensors or .ckpt; got run.pt");
  fails("--model m.npz", 2, "a model is written as a safetensors file, named .safetensors; got m.npz");
  fails("--picture map.gif", 1, "map.gif: a picture is named .png or .svg");
  fails("--model none.safetensors", 1, "none.safetensors");
  fails("--train a.txt a.txt --hidden 0 --model m.safetensors", 2, "--hidden");
  fails("--train a.txt a.txt --dropout 1 --model m.safetensors", 2, "--dropout");
}

}  // namespace translate_test
