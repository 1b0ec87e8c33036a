// A trained model goes on with other classes, and models are written to files that are named for what they are.

#include <string>

#include "heed/io/safetensors_file.hpp"
#include "program.hpp"

namespace new_head_test {

using namespace classifier_test;

struct NewHead : Classifier {
  NewHead() {
    std::string three, two;
    for (int i = 0; i < 30; ++i) {
      const std::string row = std::to_string(0.1 * (i % 3)) + ",0.5," + std::to_string(0.05 * i) + ",-0.25,";
      three += row + "abc"[i % 3] + '\n';
      two += row + (i % 2 ? "up" : "down") + '\n';
    }
    folder.file("three.csv", three);
    folder.file("two.csv", two);
    output_of("train --quiet --data three.csv --epochs 2 --model base.safetensors");
  }
  void fails(int code, const std::string& arguments, const std::string& with) const {
    const Result result = run(arguments);
    EXPECT_EQ(result.code, code) << arguments;
    EXPECT_NE(result.err.find(with), std::string::npos) << arguments << result.err;
  }
  std::vector<float> tensor(const std::string& file, const std::string& name) const {
    return heed::SafetensorsFile(folder / file).read<float>(name);
  }
};

TEST_F(NewHead, IsProposedAndLearnsTheClassesOfTheData) {
  fails(1, "train --data two.csv --init base.safetensors --model new.safetensors",
        "--new-head starts a new last layer, for the classes of this data");
  output_of("train --quiet --data two.csv --init base.safetensors --new-head --epochs 2 --model new.safetensors");
  EXPECT_EQ(tensor("new.safetensors", "fc2.bias").size(), 2U);
  EXPECT_EQ(heed::SafetensorsFile(folder / "new.safetensors").metadata().at("labels"), "down\nup\n");
  const std::string labels = output_of("predict --data two.csv --model new.safetensors");
  EXPECT_TRUE(labels.starts_with("down\n") || labels.starts_with("up\n")) << labels;
  folder.file("numbers.csv", "0.1,0.2,0\n0.3,0.1,1\n");
  output_of(
      "train --quiet --data numbers.csv --init base.safetensors --new-head --classes 5 --epochs 1 --model "
      "five.safetensors");
  EXPECT_EQ(tensor("five.safetensors", "fc2.bias").size(), 5U);
  fails(2, "train --data two.csv --new-head", "needs --init");
}

TEST_F(NewHead, OfModelsOfText) {
  folder.file("a.txt", "yes it is good\nno it is bad\nyes good\nno bad\n");
  folder.file("b.txt", "x it is good\ny it is bad\nz is\n");
  output_of("train --quiet --text a.txt --epochs 1 --model words.safetensors");
  output_of("train --quiet --text b.txt --init words.safetensors --new-head --epochs 1 --model new.safetensors");
  EXPECT_EQ(tensor("new.safetensors", "fc2.bias").size(), 3U);
  output_of("inspect new.safetensors");
}

TEST_F(NewHead, FrozenPartsStayAsTheyAre) {
  output_of(
      "train --quiet --data two.csv --init base.safetensors --new-head --freeze lstm --freeze fc1 --epochs 3 --model "
      "new.safetensors");
  for (const std::string name : {"lstm.weight_ih_l0", "lstm.bias_hh_l0", "fc1.weight", "fc1.bias"}) {
    EXPECT_EQ(tensor("new.safetensors", name), tensor("base.safetensors", name)) << name;
  }
  EXPECT_NE(tensor("new.safetensors", "attention.attention.weight"),
            tensor("base.safetensors", "attention.attention.weight"));
  fails(1, "train --quiet --data two.csv --init base.safetensors --new-head --freeze recurrent",
        "no parameter has \"recurrent\" in its name (expected a part of one of lstm.weight_ih_l0");
}

TEST_F(NewHead, ModelsAreNotNamedAsFilesOfOtherPrograms) {
  for (const std::string name : {"m.pt", "m.PTH", "m.onnx", "folder.x/m.h5", "m.ckpt", "m.csv", "m.png"}) {
    fails(2, "train --quiet --data three.csv --epochs 1 --model " + name,
          "a model is written as a safetensors file, named .safetensors; got " + name);
    EXPECT_FALSE(fs::exists(folder / name));
  }
  output_of("train --quiet --data three.csv --epochs 1 --model m.v2");
  output_of("train --quiet --data three.csv --epochs 1 --model model");
}

}  // namespace new_head_test
