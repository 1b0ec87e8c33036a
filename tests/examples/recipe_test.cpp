// Recipes: settings that go together, by one option.

#include <algorithm>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "heed/core/rng.hpp"
#include "heed/io/safetensors_file.hpp"
#include "program.hpp"

namespace recipe_test {

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

constexpr const char* wide = "--recipe wide --epochs 2 ";

TEST_F(Recipes, WideIsConvolutionsWithoutACell) {
  model_of(wide);
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
  const std::string before = model_of(wide);
  EXPECT_TRUE(before == model_of(std::string(wide) + "--learning-rate 0.003 --schedule one-cycle --clip 1"));
  for (const char* option :
       {"--kernels 5", "--channels 8", "--attention mean", "--cell gru", "--dense 4", "--learning-rate 0.01",
        "--batch 7", "--schedule constant", "--clip 0.01", "--label-smoothing 0", "--weight-decay 0.5", "--seed 1"}) {
    EXPECT_TRUE(before != model_of(wide + std::string(option))) << option;
  }
  model_of(std::string(wide) + "--kernels 5 --channels 8 --cell gru --attention mean --dense 4");
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

TEST_F(AutoRecipe, TriesRocketFirstAndTakesTheMeanOfEquals) {
  const std::string out = auto_of(quick);
  std::size_t last = 0;
  for (const char* row :
       {"\nrocket  ", "\nfcn  ", "\nwide  ", "\nrecurrent  ", "\nlstm  ", "\ndefault  ", "\nrocket+", " is taken"}) {
    const std::size_t at = out.find(row);
    ASSERT_NE(at, std::string::npos) << row << out;
    EXPECT_GT(at, last) << out;
    last = at;
  }
  EXPECT_EQ(best_of(out), "rocket") << out;
  EXPECT_EQ(taken_of(out), "rocket+fcn+wide") << out;
  EXPECT_TRUE(has_line(out, "rocket+fcn+wide is taken: a mean, and as good as rocket within the noise of 9 folds"))
      << out;
  EXPECT_EQ(heed::SafetensorsFile(folder / "m.safetensors").metadata().at("architecture"), "SeriesEnsemble");
  const std::string said = auto_of(quick + "--ensemble 1"), model = text("m.safetensors");
  EXPECT_TRUE(model == model_of("--recipe strong " + quick)) << said;
}

TEST_F(AutoRecipe, TakesATrainedOneAsItsRecipeTrainsIt) {
  const std::string out = auto_of("--epochs 1 --channels 8 --log l.csv");  // rocket has no epochs
  EXPECT_TRUE(has_line(out, "only with others: it has no epochs to write of")) << out;
  const std::string taken = taken_of(out);
  EXPECT_NE(taken, "rocket") << out;
  ASSERT_EQ(taken, "rocket+fcn+wide") << out;
  const std::string model = text("m.safetensors");
  EXPECT_TRUE(model == model_of("--recipe strong --epochs 1 --channels 8"));
  for (const char* log : {"l-fcn.csv", "l-wide.csv"}) EXPECT_EQ(lines(text(log)).size(), 2U) << log;
  EXPECT_FALSE(std::filesystem::exists(folder / "l.csv"));
}

TEST_F(AutoRecipe, LeavesOutNoneOfAClassWithOneSequence) {
  folder.file("some.csv", "1,2,3,a\n1,2,4,a\n2,2,4,a\n9,8,7,b\n");
  const std::string out = output_of("train --data some.csv --recipe auto " + quick);
  EXPECT_TRUE(has_line(out, "1 class has one sequence, which is never left out")) << out;
  folder.file("few.csv", "1,2,3,a\n9,8,7,b\n5,5,5,c\n");
  folder.file("two.csv", "1,2,3,a\n1,2,3,a\n9,8,7,b\n5,5,5,c\n");
  for (const std::string file : {"few.csv", "two.csv"}) {
    const Result few = run("train --data " + file + " --recipe auto --model new.safetensors");
    EXPECT_EQ(few.code, 1);
    EXPECT_EQ(few.out, "") << "before any work";
    EXPECT_NE(few.err.find(file + ": too few sequences for --recipe auto"), std::string::npos) << few.err;
    EXPECT_NE(few.err.find("--recipe strong"), std::string::npos) << few.err;
    EXPECT_EQ(few.err.find("fold"), std::string::npos) << few.err;
  }
}

TEST_F(AutoRecipe, SaysIfNothingIsLearnt) {
  EXPECT_EQ(auto_of(quick).find("it is not clearly better than"), std::string::npos);
  std::string classes, numbers;
  for (std::uint64_t i = 0; i < 40; ++i) {
    std::string row;
    for (std::uint64_t t = 0; t < 6; ++t) row += std::to_string(heed::Key{3}.normal(6 * i + t)) + ',';
    classes += row + (i % 8 == 0 ? "b\n" : "a\n");
    numbers += row + std::to_string(heed::Key{4}.normal(i)) + '\n';
  }
  folder.file("classes.csv", classes);
  folder.file("numbers.csv", numbers);
  EXPECT_TRUE(
      has_line(output_of("train --data classes.csv --recipe auto " + quick),
               "it is not clearly better than always the most frequent class, 0.8750: it may have learnt nothing"));
  EXPECT_TRUE(has_line(output_of("train --task regression --data numbers.csv --recipe auto " + quick),
                       "it is not clearly better than the mean of the training targets, whose r2 is 0"));
}

TEST_F(AutoRecipe, HasATimeLimit) {
  EXPECT_NE(auto_of(quick).find("at most 300 seconds"), std::string::npos);
  const std::string out = auto_of("--num-features 84 --time-limit 1e-9");
  EXPECT_TRUE(has_line(out, "wide not ended in time")) << out;
  EXPECT_TRUE(has_line(out, "rocket is taken: none")) << out;
}

TEST_F(AutoRecipe, DrawsFoldsOfFewSequencesAgain) {
  EXPECT_NE(auto_of(quick).find(" of 9 folds\n"), std::string::npos);
  write_npy("x.npy", "y.npy", 0, 150);
  EXPECT_NE(auto_of(quick).find(" of 6 folds\n"), std::string::npos);
  write_npy("x.npy", "y.npy", 0, 300);
  EXPECT_NE(auto_of(quick).find(" of 3 folds\n"), std::string::npos);
}

TEST_F(AutoRecipe, ListsWhatOptionsRuleOut) {
  const std::string out = auto_of(quick + "--bidirectional");
  EXPECT_TRUE(has_line(out, "wide cannot be: ")) << out;
  EXPECT_EQ(out.find("rocket+fcn+wide"), std::string::npos) << out;
  EXPECT_NE(error_of_run("--recipe auto --num-features 84 --channels 8,8,8,8 --kernels 3").find("kernels and channels"),
            std::string::npos);
}

TEST_F(AutoRecipe, MakesEnsemblesAndTests) {
  const std::string out = auto_of(quick + "--ensemble 2 --test x.npy --test-labels y.npy");
  EXPECT_TRUE(has_line(out, "together: test accuracy")) << out;
  const std::string shown = output_of("inspect m.safetensors");
  EXPECT_TRUE(has_line(shown, "members 6")) << shown << "two of each of three";
  EXPECT_TRUE(has_line(output_of("evaluate --model m.safetensors " + data), "accuracy "));
}

class SeveralRecipes : public Recipes {
 protected:
  const std::string data = "--data x.npy --labels y.npy ", quick = "--num-features 84 --epochs 2 ";
};

TEST_F(SeveralRecipes, AreOneModelThatTheOthersKnow) {
  const std::string out = output_of("train " + data + quick + "--recipe rocket+fcn --test x.npy --test-labels y.npy " +
                                    "--model m.safetensors");
  EXPECT_TRUE(has_line(out, "mean of convolutions(64 channels")) << out;
  EXPECT_TRUE(has_line(out, "together: test accuracy")) << out;
  EXPECT_EQ(heed::SafetensorsFile(folder / "m.safetensors").metadata().at("architecture"), "SeriesEnsemble");
  const std::string shown = output_of("inspect m.safetensors");
  EXPECT_TRUE(has_line(shown, "members 2")) << shown;
  EXPECT_TRUE(has_line(shown, "classes 3")) << shown;
  EXPECT_TRUE(has_line(output_of("evaluate --model m.safetensors " + data), "accuracy "));
  EXPECT_EQ(lines(output_of("predict --model m.safetensors --data x.npy")).size(), 40U);
  EXPECT_NE(run("explain --model m.safetensors --data x.npy").err.find("no attention"), std::string::npos);
  EXPECT_NE(run("predict --model m.safetensors --data x.npy --hidden 3").err.find("no meaning"), std::string::npos);
}

TEST_F(SeveralRecipes, AnswerByTheMeanOfTheirProbabilities) {
  const auto probabilities = [&](const std::string& options) {
    model_of("--recipe " + options);
    std::string table = output_of("predict --probabilities --model m.safetensors --data x.npy");
    std::replace(table.begin(), table.end(), ',', ' ');
    std::vector<double> all;
    for (const std::string& row : lines(table)) {
      const auto cells = words(row);
      for (std::size_t i = 1; i < cells.size() && cells[0] != "label"; ++i) all.push_back(std::stod(cells[i]));
    }
    return all;
  };
  const auto rocket = probabilities("rocket --num-features 84"), fcn = probabilities("fcn --epochs 2");
  const auto both = probabilities("rocket+fcn " + quick);
  EXPECT_EQ(both, probabilities("fcn+rocket " + quick)) << "whatever stands first";
  ASSERT_EQ(both.size(), 120U) << "40 sequences, 3 classes";
  ASSERT_EQ(rocket.size(), both.size());
  ASSERT_EQ(fcn.size(), both.size());
  for (std::size_t i = 0; i < both.size(); ++i) EXPECT_NEAR(both[i], (rocket[i] + fcn[i]) / 2, 1e-5) << i;
}

TEST_F(SeveralRecipes, AreEnsemblesCrossValidatedAndOfNumbers) {
  model_of(quick + "--recipe rocket+fcn+lstm --hidden 4 --ensemble 2");
  EXPECT_TRUE(has_line(output_of("inspect m.safetensors"), "members 6"));
  const std::string out = output_of("cross-validate " + data + quick + "--folds 2 --recipe fcn+rocket");
  EXPECT_NE(out.find("of 2 folds"), std::string::npos) << out;
  folder.file("d.csv", "1,2,3,0.5\n2,3,4,0.7\n3,4,5,0.9\n4,5,6,1.5\n2,2,3,0.6\n1,1,2,0.2\n");
  const std::string numbers =
      output_of("train --data d.csv --task regression --recipe rocket+fcn " + quick + "--model r.safetensors");
  EXPECT_TRUE(has_line(numbers, "together: on the training data mse")) << numbers;
  EXPECT_TRUE(has_line(output_of("evaluate --model r.safetensors --data d.csv"), "mse "));
  EXPECT_EQ(lines(output_of("predict --model r.safetensors --data d.csv")).size(), 6U);
}

TEST_F(SeveralRecipes, AreWhatStrongIs) {
  const std::string of_strong = model_of("--recipe strong " + quick);
  EXPECT_TRUE(of_strong == model_of("--recipe rocket+fcn+wide " + quick));
  const auto parts = heed::SafetensorsFile(folder / "m.safetensors").metadata().at("parts");
  EXPECT_NE(parts.find("kernels 8,5,3"), std::string::npos) << parts;
  EXPECT_NE(parts.find("kernels 48,24,12"), std::string::npos) << parts;
  EXPECT_NE(parts.find("RocketClassifier"), std::string::npos) << parts;
  const std::string narrower = model_of("--recipe strong --channels 8 " + quick);
  EXPECT_LT(narrower.size(), of_strong.size()) << "options beside it win";
}

TEST_F(SeveralRecipes, HaveALogAHistoryAndACheckpointForEachNetwork) {
  const std::string small = "--recipe strong --num-features 84 --channels 8 ";
  const std::string expected = model_of(small + "--epochs 5");
  const std::string kept = small + "--log l.csv --history h.csv --checkpoint c.ckpt --resume ";
  model_of(kept + "--epochs 3");
  for (const char* file : {"l-fcn.csv", "l-wide.csv", "h-fcn.csv", "h-wide.csv"}) {
    EXPECT_EQ(lines(text(file)).size(), 4U) << file;
  }
  for (const char* file : {"c-fcn.ckpt", "c-wide.ckpt"}) EXPECT_TRUE(fs::exists(folder / file)) << file;
  for (const char* file : {"l.csv", "c.ckpt", "l-rocket.csv"}) EXPECT_FALSE(fs::exists(folder / file)) << file;
  // the rate depends on the number of epochs, and a checkpoint of another run is refused
  const std::string constant = kept + "--schedule constant ";
  EXPECT_NE(error_of_run(constant + "--epochs 5").find("c-fcn.ckpt"), std::string::npos);
  for (const char* file : {"c-fcn.ckpt", "c-wide.ckpt"}) fs::remove(folder / file);
  const std::string never_ended = model_of(small + "--schedule constant --epochs 5");
  model_of(constant + "--epochs 2");
  EXPECT_TRUE(never_ended == model_of(constant + "--epochs 5"));
  EXPECT_EQ(lines(text("l-wide.csv")).size(), 6U);
  EXPECT_FALSE(never_ended == expected);
}

TEST_F(SeveralRecipes, KeepACheckpointAtCtrlC) {
  const std::string long_run = "train " + data + "--recipe fcn+wide --channels 4 --epochs 1000000 --threads 1 " +
                               "--model m.safetensors --checkpoint c.ckpt --checkpoint-every 1000000 ";
  const auto interrupted = [&](const std::string& more) {
    return classifier_test::run({.folder = folder / ".", .signal = SIGINT, .cue = "weights"}, words(long_run + more));
  };
  const Result ended = interrupted("");
  EXPECT_EQ(ended.code, 1);
  EXPECT_NE(ended.err.find("interrupted: the model is not written; --resume goes on"), std::string::npos) << ended.err;
  EXPECT_TRUE(fs::exists(folder / "c-fcn.ckpt"));
  EXPECT_FALSE(fs::exists(folder / "c-wide.ckpt")) << "the first was not done";
  EXPECT_NE(interrupted("").err.find("there is a checkpoint already"), std::string::npos);
  EXPECT_NE(interrupted("--resume").err.find("interrupted"), std::string::npos);
  EXPECT_FALSE(fs::exists(folder / "m.safetensors"));
}

TEST_F(SeveralRecipes, KeepTheFilesOfEachMember) {
  const std::string small = "--recipe rocket+fcn --num-features 84 --channels 8 --epochs 2 --ensemble 2 --seed 3 ";
  const std::string expected = model_of(small);
  EXPECT_TRUE(expected == model_of(small + "--log l.jsonl --checkpoint c --resume"));
  for (const char* file : {"l-fcn-3.jsonl", "l-fcn-4.jsonl"}) EXPECT_EQ(lines(text(file)).size(), 2U) << file;
  EXPECT_TRUE(expected == model_of(small + "--checkpoint c --resume")) << "nothing is left to do";
  const auto before = files();
  EXPECT_NE(error_of_run(small + "--checkpoint c").find("c-fcn-3: there is a checkpoint already"), std::string::npos);
  EXPECT_NE(error_of_run(small + "--log l.csv --history l.csv").find("need files of their own"), std::string::npos);
  EXPECT_EQ(files(), before);
}

TEST_F(SeveralRecipes, AreEachNamedOnceAndOfOneTraining) {
  EXPECT_NE(error_of_run("--recipe rocket+weak").find("one of fcn, wide"), std::string::npos);
  EXPECT_NE(error_of_run("--recipe rocket+").find("one of"), std::string::npos);
  EXPECT_NE(error_of_run("--recipe fcn+fcn").find("each recipe once"), std::string::npos);
  EXPECT_NE(error_of_run("--recipe rocket+auto").find("one of"), std::string::npos);
  EXPECT_NE(error_of_run("--recipe wide+fcn --num-features 84").find("needs --recipe rocket"), std::string::npos);
  EXPECT_FALSE(std::filesystem::exists(folder / "new.safetensors"));
}

// Windows overlap: one that is left out stands in its neighbours.
TEST_F(SeveralRecipes, OfAForecastSayNothingOfWindowsThatAreLeftOut) {
  std::string rows;
  for (int t = 0; t < 80; ++t) rows += std::to_string(t * t % 17) + '\n';
  folder.file("d.csv", rows);
  for (const std::string recipe : {"rocket", "rocket+fcn"}) {
    const Result result =
        run("train --data d.csv --task forecast --window 10 --validation 0.3 --num-features 84 --recipe " + recipe +
            (recipe == "rocket" ? "" : " --epochs 1"));
    EXPECT_EQ(result.code, 0) << result.err;
    EXPECT_EQ(result.out.find("left out"), std::string::npos) << result.out;
    EXPECT_NE(result.out.find("test mse"), std::string::npos) << result.out;
  }
}

TEST_F(AutoRecipe, IsForNumbers) {
  folder.file("lines.txt", "a some words\nb other words\n");
  EXPECT_NE(run("train --text lines.txt --recipe auto").err.find("--recipe: excludes --text"), std::string::npos);
}

TEST_F(Recipes, WhatDoesNotGoWithOneIsAnError) {
  EXPECT_NE(error_of_run("--recipe auto --time-limit 0").find("--time-limit"), std::string::npos);
  EXPECT_NE(error_of_run("--recipe strong --time-limit 5").find("--time-limit"), std::string::npos);
  EXPECT_NE(error_of_run("--time-limit 5").find("--time-limit"), std::string::npos);
  EXPECT_NE(error_of_run("--recipe weak").find("--recipe"), std::string::npos);
  EXPECT_NE(error_of_run("--recipe strong --bidirectional").find("needs --cell"), std::string::npos);
  EXPECT_NE(error_of_run("--recipe strong --channels 8,8").find("kernels and channels differ"), std::string::npos);
  EXPECT_NE(error_of_run("--recipe strong --kernels 8,x").find("--kernels"), std::string::npos);
  folder.file("lines.txt", "a some words\nb other words\n");
  EXPECT_NE(run("train --text lines.txt --recipe strong").err.find("--recipe"), std::string::npos);
  model_of(wide);
  EXPECT_NE(error_of_run("--recipe strong --init m.safetensors").find("--recipe"), std::string::npos);
  EXPECT_FALSE(std::filesystem::exists(folder / "new.safetensors"));
}

}  // namespace recipe_test
