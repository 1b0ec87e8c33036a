// classifier train --recipe rocket, and what the other subcommands make of its models.

#include <string>

#include "heed/io/safetensors_file.hpp"
#include "program.hpp"

namespace rocket_test {

using namespace classifier_test;

class RocketRecipe : public Classifier {};

constexpr const char* rocket = "train --recipe rocket --num-features 840 ";

TEST_F(RocketRecipe, TrainsAndIsKnownToTheOthers) {
  write_npy();
  const std::string data = "--data x.npy --labels y.npy ";
  const std::string out = output_of(rocket + data + "--test x.npy --test-labels y.npy --model m.safetensors");
  EXPECT_TRUE(has_line(out, "1708 features of random convolutions > Dense(3)"))
      << out << "672 by biases, 1024 of competing kernels, 12 values";
  EXPECT_TRUE(has_line(out, "test accuracy 1.0000")) << out;
  EXPECT_EQ(heed::SafetensorsFile(folder / "m.safetensors").metadata().at("architecture"), "RocketClassifier");
  EXPECT_TRUE(has_line(output_of("evaluate --model m.safetensors " + data), "accuracy 1.000000"));
  EXPECT_FALSE(output_of("predict --model m.safetensors --data x.npy").empty());
  EXPECT_TRUE(has_line(output_of("inspect m.safetensors"), "RocketClassifier"));
}

TEST_F(RocketRecipe, GivesTheSameFileForTheSameSeed) {
  write_npy();
  const auto file = [&](const std::string& name, int seed) {
    output_of(rocket + std::string("--data x.npy --labels y.npy --quiet --seed ") + std::to_string(seed) + " --model " +
              name);
    return text(name);
  };
  const auto first = file("a.safetensors", 1);
  EXPECT_EQ(first, file("b.safetensors", 1));
  EXPECT_NE(first, file("c.safetensors", 2));
}

TEST_F(RocketRecipe, MakesEnsemblesOfOtherBiases) {
  write_npy();
  const std::string data = "--data x.npy --labels y.npy ";
  output_of(rocket + data + "--ensemble 2 --quiet --model e.safetensors");
  const heed::SafetensorsFile file(folder / "e.safetensors");
  EXPECT_EQ(file.metadata().at("architecture"), "Ensemble of RocketClassifier");
  const auto biases = [&](const char* name) { return file.read<float>(name); };
  EXPECT_NE(biases("member.0.rocket.biases"), biases("member.1.rocket.biases"));
  EXPECT_TRUE(has_line(output_of("evaluate --model e.safetensors " + data), "accuracy 1.000000"));
  EXPECT_EQ(lines(output_of("predict --model e.safetensors --data x.npy")).size(), 24U);
  EXPECT_TRUE(has_line(output_of("inspect e.safetensors"), "members 2"));
  // the file has the seed of the kernels, which is that of all members
  output_of(rocket + data + "--ensemble 2 --seed 3 --quiet --model s.safetensors");
  EXPECT_TRUE(has_line(output_of("evaluate --model s.safetensors " + data), "accuracy 1.000000"));
}

TEST_F(RocketRecipe, IsCrossValidatedAsTheOthers) {
  write_npy();
  const std::string out =
      output_of("cross-validate --data x.npy --labels y.npy --folds 3 --recipe rocket --num-features 840");
  EXPECT_NE(out.find("of 3 folds"), std::string::npos) << out;
}

TEST_F(RocketRecipe, RefusesOptionsThatItHasNoUseFor) {
  write_npy();
  const std::string data = "--data x.npy --labels y.npy ";
  for (const std::string option : {"--epochs 3", "--hidden 8", "--log l.csv", "--schedule cosine", "--init m"}) {
    const Result result = run(rocket + data + option);
    EXPECT_NE(result.code, 0) << option;
    EXPECT_NE(result.err.find("has no meaning with --recipe rocket"), std::string::npos) << result.err;
  }
  EXPECT_NE(run(rocket + data + "--checkpoint c").err.find("which has no epochs: it is fitted in one step"),
            std::string::npos);
  const Result alone = run("train --num-features 840 " + data);
  EXPECT_NE(alone.err.find("needs --recipe rocket"), std::string::npos) << alone.err;
}

}  // namespace rocket_test
