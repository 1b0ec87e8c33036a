// Tables and texts as other programs write them, through the trainer.

#include <cmath>
#include <string>
#include <vector>

#include "heed/data/npy.hpp"
#include "heed/io/safetensors_file.hpp"
#include "program.hpp"

namespace format_test {

using namespace classifier_test;

class Format : public Classifier {
 protected:
  std::string train(const std::string& options) const {
    return output_of("train --epochs 2 --threads 1 --model m.safetensors " + options);
  }
};

TEST_F(Format, OfTablesIsAnOption) {
  folder.file("ucr.tsv", "1\t0.5\t0.25\n2\t1.5\t2\n1\t1\t1\n");
  EXPECT_TRUE(has_line(train("--data ucr.tsv --label-column first"), "3 sequences of 2 steps"));
  EXPECT_EQ(lines(output_of("predict --model m.safetensors --data ucr.tsv")).size(), 3u)
      << "the model knows the column";
  folder.file("s.csv", "x;y;kind\n1;2;a\n3;4;b\n");
  EXPECT_TRUE(has_line(train("--data s.csv --delimiter ; --label-column kind"), "2 sequences of 2 steps"));
  folder.file("c.csv", "x;y;kind\n1,5;2;a\n3;4,5;b\n");
  EXPECT_TRUE(has_line(train("--data c.csv --delimiter ; --decimal comma"), "2 sequences of 2 steps"));
  const Result comma = run("train --data c.csv --delimiter ;");
  EXPECT_NE(comma.err.find("expected a decimal point, or --decimal comma"), std::string::npos) << comma.err;
  folder.file("n.csv", "0,1,2,3\n5,6,7,1\n5,6,8,2\n");
  const Result unclear = run("train --data n.csv");
  EXPECT_NE(unclear.err.find("(expected --header yes or no, got 0, 1, 2, ...)"), std::string::npos) << unclear.err;
  EXPECT_TRUE(has_line(train("--data n.csv --header yes"), "2 sequences of 3 steps"));
  EXPECT_TRUE(has_line(train("--data n.csv --header no"), "3 sequences of 3 steps"));
  folder.file("i.csv", ",0,1,label\n0,5.5,6,a\n1,7,8,b\n");
  EXPECT_TRUE(has_line(train("--data i.csv --index-column drop"), "2 sequences of 2 steps"));
  EXPECT_TRUE(has_line(train("--data i.csv --index-column keep --header yes"), "2 sequences of 3 steps"));
  const Result refused = run("train --data i.csv");
  EXPECT_EQ(refused.code, 1);
  EXPECT_NE(refused.err.find("an index column in front"), std::string::npos) << refused.err;
}

TEST_F(Format, TheModelKnowsNamesThatAreNumbers) {
  std::string rows;
  for (int i = 0; i < 6; ++i)
    rows += std::to_string(i % 3) + ",0.5," + std::to_string(i % 2) + (i % 2 ? ",a\n" : ",b\n");
  folder.file("n.csv", "400,402,405,species\n" + rows);
  folder.file("even.csv", "400,402,404,species\n" + rows);
  folder.file("none.csv", rows);
  folder.file("other.csv", "401,403,406,species\n" + rows);
  const auto fails = [&](const std::string& arguments, const std::string& with) {
    const Result result = run(arguments);
    EXPECT_EQ(result.code, 1) << arguments;
    EXPECT_NE(result.err.find(with), std::string::npos) << arguments << '\n' << result.err;
  };
  fails("train --data even.csv", "a first row that may hold names or values (expected --header yes or no");
  fails("train --task regression --data n.csv", "--header yes where the first row has names");
  EXPECT_TRUE(has_line(train("--data n.csv --header yes"), "6 sequences of 3 steps"));
  EXPECT_EQ(lines(output_of("predict --model m.safetensors --data n.csv")).size(), 6u);
  EXPECT_EQ(lines(output_of("predict --model m.safetensors --data none.csv --header no")).size(), 6u);
  EXPECT_EQ(lines(output_of("predict --model m.safetensors --data other.csv --header yes")).size(), 6u);
  for (const char* command : {"predict", "evaluate", "train --init"}) {
    const std::string model = command == std::string("train --init") ? " m.safetensors" : " --model m.safetensors";
    fails(command + model + " --data none.csv", "the first row does not have the names of training");
  }
}

TEST_F(Format, TheModelKnowsThatAnIndexColumnIsKept) {
  folder.file("i.csv", "id,x,label\n101,6,a\n102,8,b\n103,6,a\n");
  EXPECT_NE(run("train --data i.csv --epochs 1").err.find("index"), std::string::npos);
  output_of("train --data i.csv --index-column keep --epochs 1 --quiet --model m.safetensors");
  output_of("evaluate --model m.safetensors --data i.csv");
  output_of("train --data i.csv --init m.safetensors --epochs 1 --quiet --model n.safetensors");
  EXPECT_EQ(lines(output_of("predict --model n.safetensors --data i.csv")).size(), 3U);
}

// A row that is one value short would take its label for the last value.
TEST_F(Format, NoOtherColumnTakesThePlaceOfAValue) {
  folder.file("d.csv", "s0,s1,s2,label\n1,2,3,0\n4,5,6,1\n1,2,4,0\n4,5,7,1\n");
  output_of("train --data d.csv --epochs 1 --quiet --model m.safetensors");
  folder.file("short.csv", "s0,s1,label\n1,2,0\n4,5,1\n");
  const Result result = run("predict --model m.safetensors --data short.csv");
  EXPECT_EQ(result.code, 1) << result.out;
  EXPECT_NE(result.err.find("short.csv, value 3: a column of values that training had not"), std::string::npos)
      << result.err;
  folder.file("longer.csv", "s0,s1,s2,s3\n1,2,3,4\n4,5,6,7\n");
  folder.file("other.csv", "a,b,c\n1,2,3\n4,5,6\n");
  output_of("predict --model m.safetensors --data other.csv");
  output_of("predict --model m.safetensors --data longer.csv --steps 4");
}

TEST_F(Format, APlaceOfTheLabelThatIsSaidCounts) {
  folder.file("first.csv", "a,1,2\nb,5,6\na,1,3\nb,5,7\n");
  folder.file("last.csv", "1,2,a\n5,6,b\n1,3,a\n5,7,b\n");
  const std::string fit = "--recipe rocket --num-features 84 --threads 1 --quiet ";
  output_of("train --data first.csv --label-column first --model m.safetensors " + fit);
  const std::string answers = output_of("predict --model m.safetensors --data first.csv");
  EXPECT_EQ(output_of("predict --model m.safetensors --data last.csv --label-column last"), answers);
  EXPECT_TRUE(has_line(output_of("evaluate --model m.safetensors --data last.csv --label-column last"), "accuracy 1"));
  output_of("train --data last.csv --model n.safetensors " + fit);
  EXPECT_EQ(output_of("predict --model n.safetensors --data first.csv --label-column first"), answers);
  const std::string more = "train --threads 1 --epochs 1 --quiet --standardize ";
  output_of(more + "--data first.csv --label-column first --model o.safetensors");
  output_of(more + "--init o.safetensors --data last.csv --label-column last --model p.safetensors");
  EXPECT_EQ(lines(output_of("predict --model p.safetensors --data last.csv")).size(), 4u) << "as in the last training";
}

TEST_F(Format, RowsHaveAsManyStepsAsThoseOfTraining) {
  folder.file("d.csv", "t0,t1,t2,label\n1,2,3,a\n5,6,7,b\n");
  folder.file("more.csv", "t0,t1,t2,z,label\n1,2,3,0,a\n5,6,7,1,b\n");
  folder.file("fewer.csv", "t0,t1,label\n1,2,a\n5,6,b\n");
  train("--data d.csv");
  for (const std::string name : {"more.csv", "fewer.csv"}) {
    for (const std::string command : {"evaluate", "predict"}) {
      const Result result = run(command + " --model m.safetensors --data " + name);
      EXPECT_EQ(result.code, 1) << command << name;
      EXPECT_NE(result.err.find(name + ", line "), std::string::npos) << command << name << result.err;
    }
  }
  EXPECT_TRUE(has_line(output_of("evaluate --model m.safetensors --data fewer.csv --steps 2"), "sequences of 2 steps"));
}

TEST_F(Format, PandasFramesWithGapsHaveTheirHeader) {
  folder.file("d.csv", ",0,1,2,3\n0,1,,3,7\n1,5,6,7,8\n2,1,2,,7\n3,5,5,5,8\n");
  EXPECT_NE(run("train --data d.csv --missing linear").err.find("an index column in front"), std::string::npos);
  EXPECT_TRUE(has_line(train("--data d.csv --missing linear --index-column drop"), "4 sequences of 3 steps"));
  EXPECT_EQ(lines(output_of("predict --model m.safetensors --data d.csv")).size(), 4u);
}

TEST_F(Format, OptionsOfTablesAreForTables) {
  write_npy();
  write_text();
  const std::string array = "train --data x.npy --labels y.npy --epochs 1 --quiet --model m.safetensors ";
  for (const std::string option : {"--delimiter ;", "--decimal comma", "--label-column first", "--index-column drop"}) {
    for (const std::string& command : {array, std::string("train --text t.txt --epochs 1 ")}) {
      const Result result = run(command + option);
      EXPECT_EQ(result.code, 2) << command << option;
      EXPECT_NE(result.err.find("is for tables"), std::string::npos) << command << option << result.err;
    }
  }
  EXPECT_NE(run(array + "--header no").err.find("is for tables and text"), std::string::npos);
  output_of(array);
  EXPECT_NE(run("predict --model m.safetensors --data x.npy --decimal comma").err.find("is for tables"),
            std::string::npos);
}

TEST_F(Format, AValueTooManyIsNoLabel) {
  folder.file("c.csv", "1,2,a\n3,4,b\n5,6,a\n");
  train("--data c.csv");
  const auto error = [&](const std::string& rows) {
    folder.file("longer.csv", rows);
    const Result longer = run("predict --model m.safetensors --data longer.csv");
    EXPECT_EQ(longer.code, 1);
    return longer.err;
  };
  EXPECT_NE(error("1,2,3.5\n3,4,5.5\n").find("longer.csv, line 1, column 5: wrong number of fields; --steps N"),
            std::string::npos)
      << error("1,2,3.5\n3,4,5.5\n");
  for (const std::string rows : {"1,2,3\n3,4,5\n", "1,2,x\n3,4,y\n"}) {
    EXPECT_NE(error(rows).find("a row has one field more than values, and in no row is it a class of the model"),
              std::string::npos)
        << error(rows);
  }
  folder.file("labelled.csv", "1,2,b\n3,4,c\n");
  EXPECT_EQ(lines(output_of("predict --model m.safetensors --data labelled.csv")).size(), 2u);
  folder.file("unknown.csv", "1,2,?\n3,4,?\n");
  EXPECT_EQ(lines(output_of("predict --model m.safetensors --data unknown.csv")).size(), 2u);
}

TEST_F(Format, OptionsWithoutEffectAreErrors) {
  folder.file("c.csv", "1,2,a\n3,4,b\n5,6,a\n");
  for (const std::string option : {"--prefix x", "--rename a=b", "--partial", "--no-self-test"}) {
    const Result result = run("train --data c.csv " + option);
    EXPECT_EQ(result.code, 2) << option;
    EXPECT_NE(result.err.find("needs --init"), std::string::npos) << option << result.err;
  }
  folder.file("n.csv", "1,2,0.5\n3,4,1.5\n5,6,2.5\n");
  train("--task regression --data n.csv");
  const Result logits = run("predict --model m.safetensors --data n.csv --logits");
  EXPECT_NE(logits.err.find("--logits is for classes: this model gives numbers"), std::string::npos) << logits.err;
}

TEST_F(Format, ItIsSaidThatRowsWereSorted) {
  folder.file("l.csv", "id,t,x,label\na,2,1,u\na,1,2,u\nb,1,3,v\nb,2,4,v\n");
  const Result sorted = run("train --epochs 1 --data l.csv --sequence-column id --time-column t --model m.safetensors");
  EXPECT_EQ(sorted.code, 0) << sorted.err;
  EXPECT_NE(sorted.err.find("l.csv: rows of 1 sequence were not in order of 't', and have been put in order"),
            std::string::npos)
      << sorted.err;
  folder.file("o.csv", "id,t,x,label\na,1,1,u\na,2,2,u\nb,1,3,v\nb,2,4,v\n");
  EXPECT_EQ(
      run("train --epochs 1 --data o.csv --sequence-column id --time-column t --model m.safetensors").err.find("order"),
      std::string::npos);
}

TEST_F(Format, ASequenceWithoutAValueHasNoAnswerThatIsAClass) {
  const heed::Tensor<float, 3> x({3, 2, 1}, {1, 2, NAN, NAN, 3, 4});
  heed::write_npy(folder / "x.npy", x.view());
  folder.file("y.txt", "1\n-1\n-1\n");
  train("--data x.npy --labels y.txt --missing mask");
  const Result answers = run("predict --model m.safetensors --data x.npy --output a.npy");
  EXPECT_EQ(answers.code, 1);
  EXPECT_NE(answers.err.find("and -1 is a class"), std::string::npos) << answers.err;
  const Result evaluated = run("evaluate --model m.safetensors --data x.npy --labels y.txt");
  EXPECT_NE(evaluated.err.find("1 sequence has no value, and counted with the answer to an empty sequence"),
            std::string::npos)
      << evaluated.err;
}

TEST_F(Format, TheModelKnowsThatAnIndexColumnIsDropped) {
  std::string rows = ",0,1,label\n", bare = "0,1,label\n", unlabelled = ",0,1\n";
  for (int i = 0; i < 12; ++i) {
    const std::string n = std::to_string(i), values = i % 2 ? "5.5,6" : "1.5,0.5";
    rows += n + ',' + values + (i % 2 ? ",b\n" : ",a\n");
    bare += values + (i % 2 ? ",b\n" : ",a\n");
    unlabelled += n + ',' + values + '\n';
  }
  folder.file("i.csv", rows);
  folder.file("bare.csv", bare);
  folder.file("u.csv", unlabelled);
  output_of("train --data i.csv --index-column drop --epochs 40 --learning-rate 0.05 --quiet --model m.safetensors");
  EXPECT_TRUE(has_line(output_of("evaluate --model m.safetensors --data i.csv"), "accuracy 1.000000"));
  const std::string answers = output_of("predict --model m.safetensors --data i.csv");
  EXPECT_EQ(lines(answers).size(), 12U);
  EXPECT_EQ(answers, output_of("predict --model m.safetensors --data u.csv"));
  EXPECT_EQ(answers, output_of("predict --model m.safetensors --data bare.csv --index-column keep"));
  // without an index column nothing is dropped in silence
  const Result other = run("predict --model m.safetensors --data bare.csv");
  EXPECT_EQ(other.code, 1);
  EXPECT_NE(other.err.find("the first column neither counts rows nor names them"), std::string::npos) << other.err;
  EXPECT_NE(run("evaluate --model m.safetensors --data bare.csv").err.find("--index-column keep where there is none"),
            std::string::npos);
  output_of("train --data i.csv --init m.safetensors --epochs 1 --quiet --model n.safetensors");
  EXPECT_EQ(lines(output_of("predict --model n.safetensors --data u.csv")).size(), 12U);
  output_of("train --data i.csv --index-column drop --recipe rocket --num-features 84 --quiet --model r.safetensors");
  EXPECT_EQ(lines(output_of("predict --model r.safetensors --data u.csv")).size(), 12U);
}

TEST_F(Format, LabelsAreTheFilesOwn) {
  folder.file("l.csv", "1,2,007\n8,9,7\n1,2,007\n8,9,7\n");
  output_of("train --data l.csv --epochs 60 --learning-rate 0.05 --quiet --model m.safetensors");
  EXPECT_EQ(output_of("predict --model m.safetensors --data l.csv"), "007\n7\n007\n7\n");
}

TEST_F(Format, AListOfLabelsMayHaveAHeader) {
  write_npy();
  std::string integers, words;
  for (int i = 0; i < 24; ++i) {
    integers += std::to_string(i % 3) + '\n';
    words += std::string(1, "abc"[i % 3]) + '\n';
  }
  const auto model_of = [&](const std::string& labels, const std::string& more) {
    folder.file("y.csv", labels);
    output_of("train --quiet --threads 1 --epochs 1 --data x.npy --labels y.csv --model m.safetensors " + more);
    return text("m.safetensors");
  };
  EXPECT_EQ(model_of("class\n" + integers, ""), model_of(integers, ""));
  EXPECT_EQ(model_of("level\n" + integers, "--task regression"), model_of(integers, "--task regression"));
  folder.file("y.csv", "class\n" + words);
  const Result refused = run("train --data x.npy --labels y.csv");
  EXPECT_EQ(refused.code, 1);
  EXPECT_NE(refused.err.find("y.csv: wrong number of labels; if the first line is a header, remove it (expected 24 as "
                             "sequences in x.npy, got 25)"),
            std::string::npos)
      << refused.err;
}

// Seconds since 1970 differ by less than floats are apart.
TEST_F(Format, LargeNumbersKeepTheirDigitsWhenStandardized) {
  std::string table;
  for (int i = 0; i < 60; ++i) {
    for (int t = 0; t < 5; ++t) table += std::to_string(1700000000 + 30 * ((i + t * (1 + i % 2)) % 4)) + ',';
    table += std::to_string(i % 2) + '\n';
  }
  folder.file("time.csv", table);
  output_of("train --data time.csv --standardize --epochs 80 --learning-rate 0.02 --quiet --model m.safetensors");
  EXPECT_TRUE(has_line(output_of("evaluate --model m.safetensors --data time.csv"), "accuracy 1.000000"));
  EXPECT_TRUE(heed::SafetensorsFile(folder / "m.safetensors").metadata().contains("shift"));
  output_of("train --data time.csv --init m.safetensors --epochs 1 --quiet --model n.safetensors");
  EXPECT_TRUE(has_line(output_of("evaluate --model n.safetensors --data time.csv"), "accuracy 1.000000"));
  const Result told = run("train --data time.csv --epochs 1");
  EXPECT_EQ(told.code, 0);
  EXPECT_NE(told.err.find("time.csv: numbers of feature 0 (counted from 0) lose digits"), std::string::npos)
      << told.err;
}

// No deviation says how far from its only value another one is.
TEST_F(Format, FeaturesThatAreConstantInTrainingAreNamed) {
  std::string rows = "id,site,x,wind,label\n", wide = "1,7,2,7,a\n3,7,4,7,b\n", many;
  for (int i = 0; i < 24; ++i) {
    const std::string x = std::to_string(i * 5 % 7);
    rows += "s" + std::to_string(i / 3) + ",12," + x + ",0.1," + (i / 3 % 2 ? "up\n" : "down\n");
  }
  for (int i = 0; i < 6; ++i) many += std::to_string(i) + ",0,0,0,0,0,0,0,0,0,0,0," + (i % 2 ? "a\n" : "b\n");
  folder.file("d.csv", rows);
  folder.file("w.csv", wide);
  folder.file("m.csv", many);
  const std::string end = " constant in the training data: leave ",
                    it = end + "it out, as another value may spoil answers later\n",
                    them = end + "them out, as other values may spoil answers later\n";
  const std::string how = "train --threads 1 --epochs 1 --data ", tall = how + "d.csv --sequence-column id ";
  for (const std::string more : {"", "--standardize", "--recipe strong", "--ensemble 2", "--recipe rocket"}) {
    const bool stepwise = more.find("rocket") == std::string::npos;
    const Result told =
        run("train --threads 1 --data d.csv --sequence-column id " + more + (stepwise ? " --epochs 1" : ""));
    EXPECT_EQ(told.err, "d.csv: features site, wind are" + them) << more;
  }
  EXPECT_EQ(run(tall + "--feature-columns x,wind --label-column label").err, "d.csv: feature wind is" + it);
  EXPECT_EQ(run(how + "w.csv --features 2").err, "w.csv: feature 1 (counted from 0) is" + it);
  EXPECT_EQ(run(how + "m.csv --features 12").err,
            "m.csv: features 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, ... (11 in all, counted from 0) are" + them);
  EXPECT_EQ(run(tall + "--quiet --model m.safetensors").err, "");
  EXPECT_EQ(run(tall + "--init m.safetensors").err, "") << "what is constant here need not be for the model";
}

TEST_F(Format, SeriesWithoutLabelsMayEndTheirLinesWithAColon) {
  write_ts();
  output_of("train --data d.ts --epochs 2 --quiet --model m.safetensors");
  const std::string cases[] = {"1,2,3:4,5,6", "3,2:6,5", "1,2,3,4:0,0,0,1"};
  std::string plain = "@univariate false\n@class_label false\n@data\n", colons = plain;
  for (const std::string& one : cases) plain += one + '\n', colons += one + ":\n";
  folder.file("plain.ts", plain);
  folder.file("colons.ts", colons);
  const std::string predict = "predict --probabilities --model m.safetensors --data ";
  EXPECT_EQ(output_of(predict + "colons.ts"), output_of(predict + "plain.ts"));
  EXPECT_EQ(output_of(predict + "colons.ts"), output_of(predict + "d.ts"));
}

TEST_F(Format, EveryLineOfATextHasAnAnswer) {
  folder.file("t.txt", "very bad\tpoor film\nvery good\tfine film\nvery bad\tpoor\nvery good\tfine\n");
  output_of("train --text t.txt --epochs 60 --learning-rate 0.05 --quiet --model m.safetensors");
  folder.file("p.txt", "\nfine film\n\n\x0b\npoor\n");
  EXPECT_EQ(output_of("predict --model m.safetensors --data p.txt"), "\nvery good\n\n\nvery bad\n");
  const auto rows = lines(output_of("predict --model m.safetensors --data p.txt --logits"));
  ASSERT_EQ(rows.size(), 6u);
  EXPECT_EQ(rows[1], "\"\",,");
  output_of("predict --model m.safetensors --data p.txt --output a.npy");
  EXPECT_EQ(heed::read_npy<std::int64_t>(folder / "a.npy").values, (std::vector<std::int64_t>{-1, 1, -1, -1, 0}));
  output_of("predict --model m.safetensors --data p.txt --probabilities --output p.npy");
  EXPECT_TRUE(std::isnan(heed::read_npy<float>(folder / "p.npy").values[0]));
  for (const std::string& row : lines(output_of("explain --model m.safetensors --data p.txt"))) {
    EXPECT_TRUE(row[0] == '1' || row[0] == '4' || row[0] == 's') << row;
  }
}

TEST_F(Format, TheEncodingIsToldOrSaid) {
  folder.file("t.txt",
              "a m\xC3\xBC"
              "de\nb m\xFC"
              "de\na rot\n");
  const Result told = run("train --text t.txt --epochs 1 --threads 1 --model m.safetensors");
  EXPECT_EQ(told.err, "t.txt: 1 line is no UTF-8, read as Latin-1; the first is line 2 (--encoding)\n");
  EXPECT_EQ(heed::SafetensorsFile(folder / "m.safetensors").metadata().at("words"),
            "m\xC3\xBC"
            "de\nrot\n");
  EXPECT_EQ(run("train --text t.txt --epochs 1 --encoding latin-1").err, "");
  const Result refused = run("train --text t.txt --epochs 1 --encoding utf-8");
  EXPECT_EQ(refused.code, 1);
  EXPECT_NE(refused.err.find("t.txt, line 2, column 4: not UTF-8"), std::string::npos) << refused.err;
}

}  // namespace format_test
