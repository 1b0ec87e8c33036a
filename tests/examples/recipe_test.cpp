// Recipes: settings that go together, by one option.

#include <string>

#include "heed/io/safetensors_file.hpp"
#include "program.hpp"

namespace {

using namespace classifier_test;

class Recipes : public Classifier {
 protected:
  void SetUp() override { write_npy("x.npy", "y.npy", 0, 40); }
  std::string model_of(const std::string& options) const {
    output_of("train --data x.npy --labels y.npy --quiet --model m.safetensors " + options);
    return text("m.safetensors");
  }
  std::string error_of_run(const std::string& options) const {
    return run("train --data x.npy --labels y.npy --model new.safetensors " + options).err;
  }
};

constexpr const char* strong = "--recipe strong --epochs 2 ";

TEST_F(Recipes, StrongIsConvolutionsWithoutACell) {
  model_of(strong);
  const auto said = heed::SafetensorsFile(folder / "m.safetensors").metadata();
  EXPECT_TRUE(said.contains("kernels"));
  EXPECT_EQ(said.at("cell"), "none");
  EXPECT_EQ(said.at("attention"), "meanmax");
  EXPECT_EQ(said.at("residual"), "true");
  EXPECT_EQ(said.at("norm"), "sequence");
  EXPECT_TRUE(said.contains("standardize.mean"));
}

TEST_F(Recipes, OptionsBesideARecipeWin) {
  const std::string before = model_of(strong);
  EXPECT_TRUE(before == model_of(std::string(strong) + "--learning-rate 0.003 --schedule one-cycle --clip 1"));
  for (const char* option :
       {"--kernels 5", "--channels 8", "--attention mean", "--cell gru", "--dense 4", "--learning-rate 0.01",
        "--batch 7", "--schedule constant", "--clip 0.01", "--label-smoothing 0", "--weight-decay 0.5", "--seed 1"}) {
    EXPECT_TRUE(before != model_of(strong + std::string(option))) << option;
  }
  model_of(std::string(strong) + "--kernels 5 --channels 8 --cell gru --attention mean --dense 4");
  const auto said = heed::SafetensorsFile(folder / "m.safetensors").metadata();
  EXPECT_EQ(said.at("kernels"), "5");
  EXPECT_EQ(said.at("channels"), "8");
  EXPECT_EQ(said.at("cell"), "gru");
  EXPECT_EQ(said.at("attention"), "mean");
  EXPECT_EQ(said.at("dense"), "4");
}

TEST_F(Recipes, AutoTakesTheBestOfItsTable) {
  const std::string all = output_of(
      "train --data x.npy --labels y.npy --model m.safetensors --recipe auto --time-limit 600 --epochs 1 --channels 8");
  for (const char* name : {"strong ", "recurrent ", "default ", " is taken"}) {
    EXPECT_NE(all.find(name), std::string::npos) << all;
  }
  const std::string model = text("m.safetensors");
  const std::string taken = all.find("strong is taken") != std::string::npos      ? "--recipe strong"
                            : all.find("recurrent is taken") != std::string::npos ? "--recipe recurrent"
                                                                                  : "";
  EXPECT_TRUE(model == model_of(taken + " --epochs 1 --channels 8"));
}

TEST_F(Recipes, AutoWithoutTimeTakesTheFirst) {
  const std::string all =
      output_of("train --data x.npy --labels y.npy --model m.safetensors --recipe auto --time-limit 1e-9 --epochs 1");
  EXPECT_NE(all.find("strong       not tried"), std::string::npos) << all;
  EXPECT_NE(all.find("strong is taken"), std::string::npos) << all;
}

TEST_F(Recipes, WhatDoesNotGoWithOneIsAnError) {
  EXPECT_NE(error_of_run("--recipe auto").find("--time-limit"), std::string::npos);
  EXPECT_NE(error_of_run("--recipe auto --time-limit 0").find("--time-limit"), std::string::npos);
  EXPECT_NE(error_of_run("--recipe strong --time-limit 5").find("--time-limit"), std::string::npos);
  EXPECT_NE(error_of_run("--time-limit 5").find("--time-limit"), std::string::npos);
  EXPECT_NE(error_of_run("--recipe weak").find("--recipe"), std::string::npos);
  EXPECT_NE(error_of_run("--recipe strong --bidirectional").find("there is no cell"), std::string::npos);
  EXPECT_NE(error_of_run("--recipe strong --channels 8,8").find("kernels and channels differ"), std::string::npos);
  EXPECT_NE(error_of_run("--recipe strong --kernels 8,x").find("--kernels"), std::string::npos);
  folder.file("lines.txt", "a some words\nb other words\n");
  EXPECT_NE(run("train --text lines.txt --recipe strong").err.find("--recipe"), std::string::npos);
  model_of(strong);
  EXPECT_NE(error_of_run("--recipe strong --init m.safetensors").find("--recipe"), std::string::npos);
  EXPECT_FALSE(std::filesystem::exists(folder / "new.safetensors"));
}

}  // namespace
