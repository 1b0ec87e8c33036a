// Recipes: settings that go together, by one option.

#include <cstddef>
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
  const std::string shown = output_of("inspect m.safetensors");
  EXPECT_TRUE(has_line(shown, "residual yes"));
  EXPECT_TRUE(has_line(shown, "causal no"));
}

TEST_F(Recipes, LstmHasNoConvolutions) {
  model_of("--recipe lstm --epochs 1 --hidden 8");
  const heed::SafetensorsFile file(folder / "m.safetensors");
  EXPECT_FALSE(file.metadata().contains("kernels"));
  EXPECT_TRUE(file.metadata().contains("standardize.mean"));
  ASSERT_NE(file.find("lstm.weight_hh_l1_reverse"), nullptr) << "two layers in both directions";
  EXPECT_EQ(file.find("lstm.weight_hh_l1_reverse")->extents.back(), 8);
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

class AutoRecipe : public Recipes {
 protected:
  const std::string data = "--data x.npy --labels y.npy ", quick = "--epochs 1 --channels 8 --num-features 84 ";
  std::string auto_of(const std::string& options) const {
    return output_of("train " + data + "--model m.safetensors --recipe auto " + options);
  }
  static std::string taken_of(const std::string& out) {
    for (const std::string& line : lines(out)) {
      const std::size_t at = line.find(" is taken");
      if (at != std::string::npos) return line.substr(0, at);
    }
    return "";
  }
  // of the rows of the table, the first of the best
  static std::string best_of(const std::string& out) {
    std::string best;
    double most = -1;
    for (const std::string& line : lines(out)) {
      const auto row = words(line);
      if (row.size() != 4 || row[3].find_first_not_of("0123456789.") != std::string::npos) continue;
      if (std::stod(row[1]) > most) {
        most = std::stod(row[1]);
        best = row[0];
      }
    }
    return best;
  }
};

TEST_F(AutoRecipe, TriesRocketFirstAndTakesTheFirstOfTheBest) {
  const std::string out = auto_of(quick);
  std::size_t last = 0;
  for (const char* row : {"\nrocket  ", "\nstrong  ", "\nrecurrent  ", "\nlstm  ", "\ndefault  ", " is taken"}) {
    const std::size_t at = out.find(row);
    ASSERT_NE(at, std::string::npos) << row << out;
    EXPECT_GT(at, last) << out;
    last = at;
  }
  EXPECT_EQ(best_of(out), "rocket") << out;
  EXPECT_EQ(taken_of(out), "rocket") << out;
  const std::string model = text("m.safetensors");
  EXPECT_EQ(heed::SafetensorsFile(folder / "m.safetensors").metadata().at("architecture"), "RocketClassifier");
  EXPECT_TRUE(model == model_of("--recipe rocket --num-features 84"));
}

TEST_F(AutoRecipe, TakesATrainedOneAsItsRecipeTrainsIt) {
  const std::string out = auto_of("--epochs 1 --channels 8 --log l.csv");  // rocket has no epochs
  EXPECT_NE(out.find("\nrocket     not tried: it has no epochs"), std::string::npos) << out;
  EXPECT_EQ(taken_of(out), best_of(out) == "default" ? "the default" : best_of(out)) << out;
  const std::string model = text("m.safetensors");
  const std::string recipe = best_of(out) == "default" ? "" : "--recipe " + best_of(out);
  EXPECT_TRUE(model == model_of(recipe + " --epochs 1 --channels 8"));
}

TEST_F(AutoRecipe, HasATimeLimit) {
  EXPECT_NE(auto_of(quick).find("at most 300 seconds"), std::string::npos);
  const std::string out = auto_of("--num-features 84 --time-limit 1e-9");
  EXPECT_TRUE(has_line(out, "strong not ended in time")) << out;
  EXPECT_TRUE(has_line(out, "rocket is taken: none")) << out;
}

TEST_F(AutoRecipe, DrawsFoldsOfFewSequencesAgain) {
  EXPECT_NE(auto_of(quick).find("the best of 9 folds"), std::string::npos);
  write_npy("x.npy", "y.npy", 0, 150);
  EXPECT_NE(auto_of(quick).find("the best of 6 folds"), std::string::npos);
  write_npy("x.npy", "y.npy", 0, 300);
  EXPECT_NE(auto_of(quick).find("the best of 3 folds"), std::string::npos);
}

TEST_F(AutoRecipe, ListsWhatOptionsRuleOut) {
  const std::string out = auto_of(quick + "--bidirectional");
  EXPECT_NE(out.find("\nstrong     cannot be: "), std::string::npos) << out;
  EXPECT_EQ(taken_of(out), "rocket") << out;
  EXPECT_NE(error_of_run("--recipe auto --num-features 84 --channels 8,8,8,8 --kernels 3").find("kernels and channels"),
            std::string::npos);
}

TEST_F(AutoRecipe, MakesEnsemblesAndTests) {
  const std::string out = auto_of(quick + "--ensemble 2 --test x.npy --test-labels y.npy");
  EXPECT_TRUE(has_line(out, "ensemble of 2: ")) << out;
  EXPECT_TRUE(has_line(out, "together: test accuracy")) << out;
  const std::string shown = output_of("inspect m.safetensors");
  EXPECT_TRUE(has_line(shown, "members 2")) << shown;
  EXPECT_TRUE(has_line(output_of("evaluate --model m.safetensors " + data), "accuracy "));
}

TEST_F(AutoRecipe, IsForClassesOfNumbers) {
  folder.file("lines.txt", "a some words\nb other words\n");
  EXPECT_NE(run("train --text lines.txt --recipe auto").err.find("--recipe: excludes --text"), std::string::npos);
  folder.file("d.csv", "1,2,3,0.5\n2,3,4,0.7\n3,4,5,0.9\n4,5,6,1.5\n");
  EXPECT_NE(run("train --data d.csv --task forecast --window 3 --recipe auto --label-column none")
                .err.find("windows of one series overlap"),
            std::string::npos);
}

TEST_F(Recipes, WhatDoesNotGoWithOneIsAnError) {
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
