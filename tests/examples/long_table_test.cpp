// Tables of one row a time step.

#include <string>

#include "program.hpp"

namespace long_table_test {

using namespace classifier_test;

class LongTables : public Classifier {
 protected:
  /// Sequences s0 to s11 of 3 to 5 steps that rise or fall; rows from the last to the first.
  void write(const std::string& name, bool labels = true, bool targets = false) const {
    std::string rows;
    for (int i = 0; i < 12; ++i) {
      for (int t = 0; t < 3 + i % 3; ++t) {
        std::string row = "s" + std::to_string(i) + ',' + std::to_string(t) + ',' + std::to_string(i % 2 ? t : -t) +
                          (i < 6 ? ",0.5" : ",0.25");
        if (labels) row += i % 2 ? ",up" : ",down";
        if (targets) row += ',' + std::to_string(0.5 * i) + ',' + std::to_string(-i);
        rows.insert(0, row + '\n');
      }
    }
    folder.file(name, "id,t,x,y" + std::string(labels ? ",label" : "") + (targets ? ",p,q\n" : "\n") + rows);
  }
  void fails(const std::string& arguments, const std::string& with, int code = 1) const {
    const Result result = run(arguments);
    EXPECT_EQ(result.code, code) << arguments;
    EXPECT_NE(result.err.find(with), std::string::npos) << arguments << '\n' << result.err;
  }
};

const std::string train = "train --threads 1 --hidden 8 --epochs 60 --sequence-column id --time-column t ";

TEST_F(LongTables, AreSequencesAndTheModelKnowsTheirColumns) {
  write("d.csv");
  write("new.csv", false);
  const Result trained = run(train + "--data d.csv --test d.csv --model m.safetensors");
  EXPECT_EQ(trained.err, "d.csv: rows of 12 sequences were not in order of 't', and have been put in order\n");
  const std::string out = trained.out;
  EXPECT_NE(out.find("12 sequences of 3 to 5 steps, 2 features, 2 classes; 12 to test"), std::string::npos) << out;
  std::string expected;
  for (int i = 11; i >= 0; --i) expected += i % 2 ? "up\n" : "down\n";
  EXPECT_EQ(output_of("predict --model m.safetensors --data d.csv"), expected);
  EXPECT_EQ(output_of("predict --model m.safetensors --data new.csv"), expected) << "without labels";
  EXPECT_NE(output_of("evaluate --model m.safetensors --data d.csv").find("accuracy 1.0"), std::string::npos);
  output_of("train --quiet --init m.safetensors --data d.csv --epochs 1 --model n.safetensors");
  EXPECT_EQ(output_of("predict --model n.safetensors --data new.csv"), expected);
}

TEST_F(LongTables, ToTestOnAreReadByTheNamesOfTraining) {
  std::string xy = "id,x,y,label\n", other = "label,y,x,id\n";
  for (int i = 0; i < 12; ++i) {
    for (int t = 0; t < 3; ++t) {
      const std::string id = "s" + std::to_string(i), x = std::to_string(i % 2 ? t + 1 : -t - 1),
                        label = i % 2 ? "up" : "down";
      xy += id + ',' + x + (i < 6 ? ",90" : ",91") + ',' + label + '\n';
      other += label + (i < 6 ? ",90" : ",91") + ',' + x + ',' + id + '\n';
    }
  }
  folder.file("xy.csv", xy);
  folder.file("other.csv", other);
  const std::string how = "train --threads 1 --hidden 8 --epochs 60 --sequence-column id --data xy.csv --test ";
  EXPECT_TRUE(has_line(output_of(how + "other.csv"), "test accuracy 1.0000"));
  EXPECT_TRUE(has_line(output_of(how + "xy.csv"), "test accuracy 1.0000"));
}

TEST_F(LongTables, AreRecognisedWithoutTheirOptions) {
  std::string rows = "rec,t,v,label\n";
  for (int i = 0; i < 4; ++i) {
    for (int t = 0; t < 3; ++t) {
      rows += std::to_string(i) + ',' + std::to_string(t) + ',' + std::to_string((i * 7 + t * 5) % 11) +
              (i % 2 ? ",up\n" : ",down\n");
    }
  }
  folder.file("d.csv", rows);
  const std::string how = "train --threads 1 --epochs 1 --data d.csv ";
  EXPECT_EQ(run(how).err, "d.csv: rows look like steps of 4 sequences: --sequence-column rec --time-column t\n");
  EXPECT_EQ(run(how + "--sequence-column rec").err,
            "d.csv: feature t rises in each sequence; if it is the time, --time-column t\n");
  EXPECT_EQ(run(how + "--sequence-column rec --time-column t").err, "");
  for (const char* recipe : {"rocket --num-features 84", "rocket+fcn --num-features 84"}) {
    const std::string by = "train --threads 1 --data d.csv --recipe " + std::string(recipe);
    EXPECT_NE(run(by).err.find("rows look like steps of 4 sequences"), std::string::npos) << recipe;
    EXPECT_NE(run(by + " --sequence-column rec").err.find("feature t rises"), std::string::npos) << recipe;
  }
}

TEST_F(LongTables, AreNamedInTablesOfAnswers) {
  write("d.csv");
  output_of(train + "--quiet --data d.csv --model m.safetensors");
  output_of("predict --model m.safetensors --data d.csv --output a.csv");
  EXPECT_TRUE(text("a.csv").starts_with("id,label\ns11,up\ns10,down\n")) << text("a.csv");
  const auto scores = lines(output_of("predict --model m.safetensors --data d.csv --probabilities"));
  EXPECT_EQ(scores[0], "id,label,down,up");
  EXPECT_TRUE(scores[1].starts_with("s11,up,")) << scores[1];
  output_of("explain --model m.safetensors --data d.csv --output w.csv");
  const auto weights = lines(text("w.csv"));
  ASSERT_EQ(weights.size(), 13u);
  EXPECT_EQ(weights[0], "id,step 0,step 1,step 2,step 3,step 4");
  EXPECT_TRUE(weights[1].starts_with("s11,0.")) << weights[1];
  EXPECT_TRUE(weights[12].starts_with("s0,0.")) << weights[12];
  output_of(train + "--quiet --data d.csv --attention multihead --heads 2 --model h.safetensors");
  const auto heads = lines(output_of("explain --model h.safetensors --data d.csv"));
  ASSERT_EQ(heads.size(), 1u + 12 * 2 * 5);
  EXPECT_TRUE(heads[0].starts_with("id,head,query,step 0,")) << heads[0];
  EXPECT_TRUE(heads[11].starts_with("s10,0,0,")) << heads[11];
}

TEST_F(LongTables, FeaturesAndTargetsByName) {
  write("d.csv", true, true);
  output_of(train + "--quiet --data d.csv --feature-columns x --label-column label --model m.safetensors");
  EXPECT_TRUE(has_line(output_of("inspect m.safetensors"), "features 1"));
  EXPECT_EQ(lines(output_of("predict --model m.safetensors --data d.csv")).size(), 12u);
  output_of(train +
            "--quiet --data d.csv --task regression --feature-columns x,y --label-column q,p --model r.safetensors");
  output_of("predict --model r.safetensors --data d.csv --output a.csv");
  EXPECT_TRUE(text("a.csv").starts_with("id,q,p\n")) << text("a.csv");
  fails(train + "--data d.csv --feature-columns x,z --label-column label", "no column has this name");
  fails(train + "--data d.csv --feature-columns x,t --label-column label", "a column is named twice");
}

TEST_F(LongTables, AreShownByInspect) {
  write("d.csv");
  output_of(train + "--quiet --data d.csv --model m.safetensors");
  const std::string out = output_of("inspect m.safetensors");
  EXPECT_NE(out.find("\ntable\n"), std::string::npos) << out;
  for (const char* line : {"sequence_column: id", "time_column: t", "feature_columns: x, y"}) {
    EXPECT_NE(out.find(std::string("  ") + line + '\n'), std::string::npos) << line << '\n' << out;
  }
}

TEST_F(LongTables, NameTheSequenceAtFault) {
  folder.file("d.csv", "id,t,x,label\na,1,2,up\na,2,3,down\n");
  fails(train + "--data d.csv", "the label changes of sequence 'a'");
  folder.file("d.csv", "id,t,x,label\na,1,2,up\na,1,3,up\n");
  fails(train + "--data d.csv", "lines 2 and 3: two rows of sequence 'a' have the same time");
  folder.file("d.csv", "id,t,x,label\na,1,,up\nb,1,3,down\n");
  fails(train + "--data d.csv", "line 2, column 5: empty field; --missing");
  output_of(train + "--quiet --data d.csv --missing mean");
}

TEST_F(LongTables, TheModelRemembersTheOrderOfDates) {
  const std::string head = "id,t,x,label\n";
  const auto row = [](const char* id, const char* date, int x, const char* label) {
    return std::string(id) + ',' + date + ',' + std::to_string(x) + ',' + label + '\n';
  };
  const std::string rows = head + row("a", "1/2/2025", 5, "up") + row("a", "31/1/2025", -5, "up") +
                           row("b", "1/2/2025", -5, "down") + row("b", "2/1/2025", 5, "down");
  folder.file("d.csv", rows);
  output_of(train + "--quiet --data d.csv --model m.safetensors");
  EXPECT_EQ(output_of("predict --model m.safetensors --data d.csv"), "up\ndown\n");
  folder.file("unclear.csv", head + row("c", "2/1/2025", -5, "up") + row("c", "1/2/2025", 5, "up"));
  EXPECT_EQ(output_of("predict --model m.safetensors --data unclear.csv"), "up\n") << "day first, as in training";
  EXPECT_EQ(output_of("predict --model m.safetensors --date-order month-first --data unclear.csv"), "down\n");
  fails(train + "--data unclear.csv", "could be in several orders (expected --date-order day-first or month-first");
  folder.file("other.csv", head + row("c", "1/31/2025", -5, "up"));
  fails("predict --model m.safetensors --data other.csv", "a date in another order (expected day-first");
}

TEST_F(LongTables, FeaturesInAnotherOrderAreAnError) {
  write("d.csv");
  output_of(train + "--quiet --data d.csv --model m.safetensors");
  output_of("predict --model m.safetensors --data d.csv --feature-columns x,y");
  for (const char* command : {"predict", "evaluate", "explain"}) {
    fails(std::string(command) + " --model m.safetensors --data d.csv --feature-columns y,x",
          "the features stand in another order than in training (expected --feature-columns x,y, or none, got 'y,x')");
  }
  fails("train --data d.csv --init m.safetensors --feature-columns y,x", "the features stand in another order");
}

TEST_F(LongTables, AnEmptyValueOfAnOptionIsAnError) {
  write("d.csv");
  for (const char* option : {"--time-column", "--init", "--model", "--history", "--feature-columns", "--test"}) {
    const Result result =
        run(std::vector<std::string>{"train", "--data", "d.csv", "--sequence-column", "id", option, ""});
    EXPECT_EQ(result.code, 2) << option;
    EXPECT_NE(result.err.find(std::string(option) + ": needs a value"), std::string::npos) << result.err;
  }
}

TEST_F(LongTables, OptionsThatDoNotGoTogether) {
  write("d.csv");
  write_npy();
  fails("train --data d.csv --time-column t", "needs --sequence-column", 2);
  fails("train --data d.csv --feature-columns x", "needs --sequence-column", 2);
  fails(train + "--data x.npy --labels y.npy", "--sequence-column: is for tables", 2);
  fails(train + "--data d.csv --labels y.npy", "--sequence-column is for tables that hold their labels themselves");
  fails("train --data d.csv --sequence-column id --date-order day-first", "--date-order: needs --time-column", 2);
  fails(train + "--data d.csv --date-order day", "--date-order", 2);
  fails(train + "--data d.csv --features 3", "wrong number of features");
}

// as spreadsheets write them where decimals stand behind a comma
TEST_F(LongTables, MayHaveSemicolons) {
  std::string rows = "id;t;x value;label\n";
  for (int i = 0; i < 24; ++i) {
    rows += "s" + std::to_string(i / 3) + ';' + std::to_string(i % 3) + ";0," + std::to_string(i * 5 % 7) +
            (i / 3 % 2 ? ";up\n" : ";down\n");
  }
  folder.file("d.csv", rows);
  folder.file("sep.csv", "sep=;\n" + rows);
  const std::string how = "train --threads 1 --quiet --epochs 1 --sequence-column id --time-column t --data ";
  fails(how + "d.csv",
        "d.csv, line 1, column 3: fields with semicolons between them (expected commas or blanks, or --delimiter "
        "semicolon)");
  fails(how + "d.csv --decimal comma", "need another delimiter (expected --delimiter, such as ';', got none)");
  fails(how + "d.csv --delimiter semicolon",
        "a number with a decimal comma (expected a decimal point, or --decimal comma");
  output_of(how + "d.csv --delimiter semicolon --decimal comma --model m.safetensors");
  output_of(how + "sep.csv --decimal comma --model n.safetensors");
  EXPECT_EQ(text("n.safetensors"), text("m.safetensors"));
  const std::string answers = output_of("predict --model m.safetensors --data sep.csv --decimal comma");
  EXPECT_EQ(lines(answers).size(), 8u);
  EXPECT_EQ(output_of("predict --model m.safetensors --data d.csv --decimal comma --delimiter semicolon"), answers);
}

// as pandas writes one
TEST_F(LongTables, MayHaveAnIndexColumn) {
  write("d.csv");
  std::string rows;
  const auto all = lines(text("d.csv"));
  for (std::size_t i = 0; i < all.size(); ++i) rows += (i > 0 ? std::to_string(i - 1) : "") + ',' + all[i] + '\n';
  folder.file("i.csv", rows);
  fails(train + "--data i.csv", "i.csv, column 1: an index column in front");
  const std::string out = run(train + "--data i.csv --index-column drop --model m.safetensors").out;
  EXPECT_NE(out.find("12 sequences of 3 to 5 steps, 2 features"), std::string::npos) << out;
  const std::string answers = output_of("predict --model m.safetensors --data i.csv");
  EXPECT_EQ(answers, output_of("predict --model m.safetensors --data d.csv")) << "columns have names";
}

}  // namespace long_table_test
