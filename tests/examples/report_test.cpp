// classifier report: the page on a model.

#include <algorithm>
#include <string>
#include <vector>

#include "page.hpp"
#include "program.hpp"

namespace report_test {

using namespace classifier_test;
using test_support::expect_good_page;
using test_support::section_of;

bool holds(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }
int times(const std::string& text, const std::string& part) {
  int n = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++n;
  return n;
}

class Report : public Classifier {
 protected:
  void train(const std::string& arguments, int epochs = 10) const {
    output_of("train --quiet --model m.safetensors --epochs " + std::to_string(epochs) + ' ' + arguments);
  }
  /// The page, which holds what every page must.
  std::string page(const std::string& arguments) const {
    const std::string out = output_of("report --model m.safetensors --output r.html " + arguments);
    EXPECT_EQ(out, "report written to r.html\n");
    std::string text = this->text("r.html");
    expect_good_page(text);
    return text;
  }
  /// Expects one error, and that no file has changed.
  void fails(const std::string& arguments, const std::string& with, int code = 1) const {
    const auto before = files();
    const Result result = run("report " + arguments);
    EXPECT_EQ(result.code, code) << arguments;
    EXPECT_EQ(lines(result.err).size(), 1U) << result.err;
    EXPECT_TRUE(holds(result.err, with)) << result.err;
    EXPECT_EQ(files(), before);
  }
};

TEST_F(Report, HasAPartForAllThereIsToTell) {
  write_npy();
  train("--data x.npy --labels y.npy --log run.csv");
  const std::string text = page("--data x.npy --labels y.npy --log run.csv");
  for (const char* id :
       {"training", "confusion", "classes", "calibration", "mistakes", "attention", "importance", "model", "origin"}) {
    EXPECT_FALSE(section_of(text, id).empty()) << id;
    EXPECT_TRUE(holds(text, "<a href=\"#" + std::string(id) + "\">")) << id;
  }
  EXPECT_TRUE(holds(section_of(text, "training"), "10 epochs"));
  EXPECT_TRUE(holds(section_of(text, "model"), "LSTM"));
  const std::string origin = section_of(text, "origin");
  EXPECT_TRUE(holds(origin, "classifier report --model m.safetensors --output r.html --data x.npy --labels y.npy"));
  for (const char* row : {">heed<", ">compiler<", ">instruction set<", ">hidden<"}) EXPECT_TRUE(holds(origin, row));
}

TEST_F(Report, FiguresAreThoseOfEvaluate) {
  write_csv();
  train("--data d.csv", 60);
  // three of six labels turned round
  folder.file("wrong.csv",
              "1,2,3,10,rises\n11,3,2,1,rises\n1,2,3,8,falls\n9,3,2,1,falls\n1,2,3,6,rises\n7,3,2,1,rises\n");
  const std::string figures = output_of("evaluate --model m.safetensors --data wrong.csv");
  ASSERT_TRUE(has_line(figures, "accuracy 0.500000")) << figures;
  const std::string text = page("--data wrong.csv");
  EXPECT_TRUE(holds(text, "<dt>Accuracy</dt><dd>50.00 %</dd>"));
  const std::string loss = "<dt>Loss</dt><dd>";
  ASSERT_TRUE(holds(text, loss));
  EXPECT_NEAR(std::stod(text.substr(text.find(loss) + loss.size())),
              std::stod(figures.substr(figures.find("loss ") + 5)), 1e-4);
  // falls: 1 of 3 answers is right, 1 of 2 is found
  EXPECT_TRUE(holds(section_of(text, "classes"), ">0.333</td>")) << section_of(text, "classes");
  EXPECT_TRUE(holds(section_of(text, "classes"), ">0.500</td>"));
  const std::string mistakes = section_of(text, "mistakes");
  EXPECT_EQ(times(mistakes, "<article"), 3);
  for (const char* row : {"Row 1<", "Row 2<", "Row 5<"}) EXPECT_TRUE(holds(mistakes, row)) << row;
  EXPECT_EQ(times(mistakes, "<svg "), 3) << "a picture each";
}

TEST_F(Report, HasADashWhereThereIsNothingToCount) {
  folder.file("d.csv", "1,2,3,a\n3,2,1,b\n1,2,4,a\n4,2,1,b\n9,9,9,c\n9,9,8,c\n");
  train("--data d.csv --learning-rate 0.05", 80);
  folder.file("one.csv", "1,2,3,a\n1,2,4,a\n");
  ASSERT_TRUE(has_line(output_of("evaluate --model m.safetensors --data one.csv"), "c 0 - -"));
  const std::string classes = section_of(page("--data one.csv"), "classes");
  EXPECT_EQ(times(classes, "<td class=\"number\">-</td>"), 6) << classes;  // of b and of c
  EXPECT_FALSE(holds(classes, ">0.000</td>")) << classes;
  folder.file("wrong.csv", "1,2,3,b\n");  // a is answered and not labelled, b is labelled and not answered
  const std::string text = page("--data wrong.csv"), figures = section_of(text, "classes");
  EXPECT_EQ(times(figures, "<td class=\"number\">-</td>"), 5) << figures;
  EXPECT_TRUE(holds(figures, ">0.000</td>")) << "F1 is 0 where there is something to count";
}

TEST_F(Report, SpeaksOfOneSequence) {
  write_csv();
  train("--data d.csv", 60);
  folder.file("right.csv", "1,2,3,10,rises\n");
  folder.file("wrong.csv", "1,2,3,10,falls\n");
  const std::string right = page("--data right.csv"), wrong = page("--data wrong.csv");
  EXPECT_TRUE(holds(section_of(right, "confusion"), "The only sequence is answered right."));
  EXPECT_TRUE(holds(section_of(right, "mistakes"), "The only sequence is answered right."));
  EXPECT_TRUE(holds(section_of(wrong, "mistakes"), "1 sequence of 1 is answered wrong."))
      << section_of(wrong, "mistakes");
  for (const std::string& text : {right, wrong}) {
    EXPECT_FALSE(holds(text, "1 sequence are") || holds(text, "1 sequences") || holds(text, "Here are the ones"));
  }
}

TEST_F(Report, WorksForEveryKindOfSeriesModel) {
  write_npy();
  const std::string data = "--data x.npy --labels y.npy ";
  for (const std::string kind :
       {"--cell gru --bidirectional --layers 2", "--attention multihead --heads 4", "--attention additive --cell rnn",
        "--attention none", "--attention meanmax --cell none --kernels 3,3 --residual", "--ensemble 2 --standardize",
        "--recipe rocket --num-features 84", "--recipe rocket --num-features 84 --ensemble 2",
        "--recipe rocket+fcn --num-features 84 --epochs 2"}) {
    const std::string epochs = holds(kind, "rocket") ? "" : "--epochs 2 ";
    output_of("train --quiet --model m.safetensors " + epochs + data + kind);
    const std::string text = page(data);
    const std::string attention = section_of(text, "attention");
    const bool attends = !holds(kind, "rocket") && !holds(kind, "none") && !holds(kind, "meanmax");
    EXPECT_EQ(holds(attention, "This model has no attention"), !attends) << kind;
    EXPECT_EQ(holds(attention, "<h3>Heads</h3>"), holds(kind, "multihead")) << kind;
    // the parts' parameters are those of the model
    const std::string inspected = output_of("inspect m.safetensors");
    const int all = std::stoi(inspected.substr(inspected.find("\nparameters ") + 12));
    std::string number =
        holds(text, "<dt>Parameters</dt><dd>") ? text.substr(text.find("<dt>Parameters</dt><dd>") + 23, 12) : "";
    number.erase(std::remove(number.begin(), number.end(), ','), number.end());
    EXPECT_EQ(std::stoi(number), all) << kind;
    std::string model = section_of(text, "model");
    model.erase(std::remove(model.begin(), model.end(), ','), model.end());
    EXPECT_TRUE(holds(model, "<p>" + std::to_string(all) + " parameters")) << kind << model;
    EXPECT_EQ(holds(model, "ensemble"), holds(kind, "ensemble") || holds(kind, "fcn")) << kind;
  }
}

TEST_F(Report, ShowsSentencesAndWords) {
  write_text("t.txt", "place\tWhere is <b>\"it\"</b> & 'now'\nplace\tWho owns it\n");
  train("--text t.txt", 30);
  const std::string text = page("--data t.txt");
  EXPECT_FALSE(holds(text, "<b>"));
  EXPECT_TRUE(holds(section_of(text, "attention"), "Attention over words"));
  EXPECT_TRUE(holds(section_of(text, "attention"), "class=\"word"));
  EXPECT_TRUE(holds(section_of(text, "mistakes"), ">owns</span>")) << section_of(text, "mistakes");
  EXPECT_TRUE(holds(section_of(text, "importance"), ">Where</text>")) << "the word that decides";
  EXPECT_TRUE(holds(section_of(text, "model"), "Embedding"));
}

TEST_F(Report, OfNumbersHasErrorsBesideABaseline) {
  std::string rows = "a,b,price\n";
  for (int i = 0; i < 40; ++i) {
    rows += std::to_string(i) + ',' + std::to_string(i % 7) + ',' + std::to_string(2 * i + i % 7) + ".5\n";
  }
  folder.file("d.csv", rows);
  for (const std::string recipe : {"--epochs 20", "--recipe rocket --num-features 84"}) {
    output_of("train --quiet --task regression --label-column price --data d.csv --model m.safetensors " + recipe);
    const std::string text = page("--data d.csv");
    for (const char* id : {"errors", "answers", "mistakes", "importance", "model"}) {
      EXPECT_FALSE(section_of(text, id).empty()) << id;
    }
    for (const char* id : {"confusion", "classes", "calibration"}) EXPECT_TRUE(section_of(text, id).empty()) << id;
    EXPECT_TRUE(holds(section_of(text, "errors"), "the mean of the training targets"));
    const std::string figures = output_of("evaluate --model m.safetensors --data d.csv");
    const std::string r2 = figures.substr(figures.find("\nr2 ") + 4, 5);
    EXPECT_TRUE(holds(text, "<dt>R²</dt><dd>" + r2)) << r2;
  }
}

TEST_F(Report, OfForecastsHasTheErrorByStepsAhead) {
  std::string rows = "time,load,heat\n";
  for (int t = 0; t < 120; ++t) {
    rows += std::to_string(t) + ',' + std::to_string(t % 12) + ',' + std::to_string((t * 5) % 7) + '\n';
  }
  folder.file("p.csv", rows);
  train("--task forecast --window 12 --horizon 3 --data p.csv --time-column time --target-column load");
  const std::string text = page("--data p.csv");
  EXPECT_TRUE(holds(section_of(text, "errors"), "Error by steps ahead"));
  EXPECT_TRUE(holds(section_of(text, "errors"), "load +3"));
  EXPECT_TRUE(holds(section_of(text, "importance"), ">heat</text>")) << "features by their names";
}

TEST_F(Report, TakesRaggedSeriesAndMissingValues) {
  write_ts();
  train("--data d.ts");
  EXPECT_TRUE(holds(section_of(page("--data d.ts"), "attention"), "stretched"));
  folder.file("gaps.csv", "1,?,3,4,rises\n4,3,?,1,falls\n?,2,3,4,rises\n4,?,?,1,falls\n");
  for (const std::string how : {"linear", "mask"}) {
    train("--data gaps.csv --missing " + how);
    EXPECT_FALSE(section_of(page("--data gaps.csv"), "mistakes").empty()) << how;
  }
}

TEST_F(Report, KnowsWhatTheAnswersRestOn) {
  heed::Tensor<float, 3> x({60, 12, 2});
  std::string labels;
  for (heed::Index i = 0; i < 60; ++i) {
    labels += i % 2 ? "b\n" : "a\n";
    for (heed::Index t = 0; t < 12; ++t) {
      x(i, t, 0) = static_cast<float>((i * 7 + t * 5) % 11) / 11;                              // says nothing
      x(i, t, 1) = t >= 8 ? (i % 2 ? 1.0F : -1.0F) : static_cast<float>((i + t * 3) % 5) / 5;  // decides at the end
    }
  }
  heed::write_npy(folder / "x.npy", x);
  folder.file("y.txt", labels);
  train("--data x.npy --labels y.txt --attention max", 80);
  const std::string importance = section_of(page("--data x.npy --labels y.txt"), "importance");
  const std::size_t decides = importance.find(">feature 1</text>"), other = importance.find(">feature 0</text>");
  ASSERT_NE(decides, std::string::npos) << importance;
  EXPECT_LT(decides, other) << "the most important one stands first";
  EXPECT_TRUE(holds(importance, ">step 11</text>")) << "12 stretches of a step";
  EXPECT_TRUE(holds(importance, "the accuracy is 100.0 %"));
}

TEST_F(Report, ReadsAllLogsOfTheTrainer) {
  write_csv();
  const std::string data = "--data d.csv --validation 0.3 ";
  for (const std::string log : {"--log l.csv", "--log l.jsonl", "--history l.csv"}) {
    const std::string file = log.substr(log.find(' ') + 1);
    train(data + log);
    const std::string training = section_of(page("--data d.csv --log " + file), "training");
    EXPECT_TRUE(holds(training, "10 epochs")) << log;
    EXPECT_TRUE(holds(training, "validation")) << log;
    fs::remove(folder / file);
  }
  EXPECT_TRUE(holds(section_of(page("--data d.csv"), "training"), "--log FILE")) << "says how";
  folder.file("two.csv", "epoch,loss\n1,0.5\n2,0.4\n1,0.7\n");
  const std::string two = section_of(page("--data d.csv --log two.csv"), "training");
  EXPECT_TRUE(holds(two, "holds 2 runs") && holds(two, "1 epoch")) << two;
  folder.file("none.csv", "epoch,loss\n");
  EXPECT_TRUE(holds(section_of(page("--data d.csv --log none.csv"), "training"), "has no epochs"));
  for (const char* wrong :
       {"a,b\n1,2\n", "epoch,loss\n1,x\n", "{\"epoch\":1}\n", "{\"epoch\":1,\"loss\":0.5\n", "words\n"}) {
    folder.file("wrong.csv", wrong);
    fails("--model m.safetensors --output r.html --data d.csv --log wrong.csv", "wrong.csv, line");
  }
}

TEST_F(Report, TheSameCommandWritesTheSameBytes) {
  write_npy();
  train("--data x.npy --labels y.npy");
  EXPECT_EQ(page("--data x.npy --labels y.npy"), page("--data x.npy --labels y.npy"));
}

TEST_F(Report, StaysSmallWithMuchDataAndSaysWhatIsLeftOut) {
  heed::Tensor<float, 3> x({3000, 40, 9});
  heed::Tensor<std::int64_t, 1> y({3000});
  for (heed::Index i = 0; i < 3000; ++i) {
    y(i) = i % 60;
    for (heed::Index k = 0; k < 360; ++k) x(i, k / 9, k % 9) = static_cast<float>((i * 31 + k * 17) % 101);
  }
  heed::write_npy(folder / "x.npy", x);
  heed::write_npy(folder / "y.npy", y);
  output_of("train --epochs 1 --quiet --hidden 4 --model m.safetensors --data x.npy --labels y.npy");
  const std::string text = page("--data x.npy --labels y.npy");
  EXPECT_LT(text.size(), 600'000U);
  EXPECT_TRUE(holds(section_of(text, "confusion"), "the 40 classes with the most mistakes, of 60"));
  EXPECT_TRUE(holds(section_of(text, "attention"), "of 3,000 sequences"));
  EXPECT_TRUE(holds(section_of(text, "importance"), "of 3,000 sequences"));
  EXPECT_TRUE(holds(section_of(text, "mistakes"), "the first 6 of 9 features"));
}

TEST_F(Report, EscapesAllText) {
  folder.file("d.csv",
              "1,2,<script>alert(1)</script>\n2,1,\"a\"\"b&c\"\n1,3,<script>alert(1)</script>\n3,1,\"a\"\"b&c\"\n");
  train("--data d.csv");
  const std::string text = page("--data d.csv");
  EXPECT_FALSE(holds(text, "<script"));
  EXPECT_TRUE(holds(text, "&lt;script&gt;"));
}

TEST_F(Report, SaysThatLabelsAreMissing) {
  write_csv();
  train("--data d.csv");
  folder.file("bare.csv", "1,2,3,9\n9,3,2,1\n");
  fails("--model m.safetensors --output r.html --data bare.csv", "no labels");
  folder.file("bare.ts", "@problemName s\n@univariate true\n@classLabel false\n@data\n1,2,3\n3,2,1\n");
  fails("--model m.safetensors --output r.html --data bare.ts", "no labels");
  write_npy();
  output_of("train --epochs 1 --quiet --data x.npy --labels y.npy --model n.safetensors");
  fails("--model n.safetensors --output r.html --data x.npy", "no labels");
  write_text();
  output_of("train --epochs 1 --quiet --text t.txt --model t.safetensors");
  folder.file("bare.txt", "Where is it\nWho owns it\n");
  fails("--model t.safetensors --output r.html --data bare.txt", "no labels");
  folder.file("r.csv", "1,2,3,1.5\n3,2,1,0.5\n2,2,2,1\n");
  output_of("train --epochs 1 --quiet --task regression --data r.csv --model r.safetensors");
  folder.file("bare.csv", "1,2,3\n3,2,1\n");
  fails("--model r.safetensors --output r.html --data bare.csv", "no targets");
  output_of("report --model r.safetensors --output r.html --data bare.csv --steps 2");  // two steps and a target
}

TEST_F(Report, RefusesWhatDoesNotFit) {
  write_csv();
  write_npy();
  write_text();
  train("--data d.csv");
  output_of("train --epochs 1 --quiet --text t.txt --model t.safetensors");
  const std::string csv = "--data d.csv ", to = "--output r.html ";
  fails(csv + to + "--model t.safetensors", "d.csv");
  fails("--data t.txt " + to + "--model m.safetensors", "t.txt");
  fails("--data x.npy --labels y.npy " + to + "--model m.safetensors",
        "wrong number of features (expected 1, as in training, got 2)");
  fails(csv + to + "--model none.safetensors", "none.safetensors");
  fails("--data none.csv " + to + "--model m.safetensors", "none.csv");
  fails(csv + "--model m.safetensors --output none/r.html", "none");
  fails(csv + "--model m.safetensors --output .", ".");
  fails(csv + "--model m.safetensors --output r.png", "a report is written as a page, named .html or .htm; got r.png",
        2);
  fails(csv + "--model m.safetensors", "--output", 2);
  fails(csv + to + "--model m.safetensors --log none.csv", "none.csv");
  fs::copy(folder / "m.safetensors", folder / "same.html");
  fails(csv + "--model same.html --output same.html", "this file is read, it must not be written");
  fs::copy(folder / "d.csv", folder / "same2.html");
  fails("--model m.safetensors --data same2.html --output same2.html", "this file is read, it must not be written");
  fails("--model m.safetensors --data x.npy --labels same2.html --output same2.html", "must not be written");
}

TEST_F(Report, AnOutputThatCannotBeWrittenIsOneError) {
  write_csv();
  train("--data d.csv");
  const std::string rest = "--model m.safetensors --data d.csv --output ";
  fails(rest + "d.csv/r.html", "d.csv");
  fs::create_directory(folder / "folder.html");
  fails(rest + "folder.html", "folder.html");
  fs::create_symlink("/dev/full", folder / "full.html");
  const Result full = run("report " + rest + "full.html");
  EXPECT_EQ(full.code, 1);
  EXPECT_EQ(lines(full.err).size(), 1U) << full.err;
  if (::geteuid() == 0) return;  // root may write everywhere
  fs::create_directory(folder / "closed");
  fs::permissions(folder / "closed", fs::perms::owner_read | fs::perms::owner_exec);
  const Result closed = run("report " + rest + "closed/r.html");
  fs::permissions(folder / "closed", fs::perms::owner_all);
  EXPECT_EQ(closed.code, 1);
  EXPECT_EQ(lines(closed.err).size(), 1U) << closed.err;
}

}  // namespace report_test
