// Sentences: from a text file to a model that knows its words, and what the other subcommands make of it.

#include <string>
#include <vector>

#include "heed/data/npy.hpp"
#include "heed/io/safetensors_file.hpp"
#include "program.hpp"

namespace text_test {

using namespace classifier_test;

class Text : public Classifier {
 protected:
  void train(const std::string& rest = "") const {
    output_of("train --text t.txt --epochs 20 --learning-rate 0.05 --quiet --model m.safetensors " + rest);
  }
  heed::Metadata metadata() const { return heed::SafetensorsFile(folder / "m.safetensors").metadata(); }
};

TEST_F(Text, EndToEnd) {
  write_text();
  write_text("test.txt", "place Where are unheard words\n");
  const std::string out = output_of(
      "train --text t.txt --test test.txt --epochs 20 --learning-rate 0.05 --batch 8 --embedding 6 --hidden 8 "
      "--model m.safetensors --history h.csv");
  EXPECT_TRUE(has_line(out, "30 sentences of 3 to 6 words, 11 known words, 2 classes; 31 to test")) << out;
  EXPECT_TRUE(has_line(out, "Embedding(13, 6) > LSTM(8) > attention pool")) << out;
  EXPECT_TRUE(has_line(out, "test accuracy 1.0000")) << out;
  const std::string evaluated = output_of("evaluate --model m.safetensors --data test.txt");
  EXPECT_TRUE(has_line(evaluated, "31 sentences of 3 to 6 words")) << evaluated;
  EXPECT_TRUE(has_line(evaluated, "accuracy 1.000000")) << evaluated;
  folder.file("bare.txt", "Who owns it\nWhere is the old thing now\n\nWhere\n");
  EXPECT_EQ(output_of("predict --model m.safetensors --data bare.txt"), "person\nplace\n\nplace\n");
  folder.file("labelled.txt", "x Who owns it\ny Where is it\n");
  EXPECT_EQ(output_of("predict --model m.safetensors --data labelled.txt --labelled"), "person\nplace\n");
  const auto rows = lines(output_of("predict --model m.safetensors --data bare.txt --probabilities"));
  EXPECT_EQ(rows.at(0), "label,person,place");
  const std::string inspected = output_of("inspect m.safetensors");
  for (const char* line : {"TextClassifier", "Embedding(13, 6) > LSTM(8)", "words 11", "letters as they are",
                           "embedding 6", "classes 2", "person place", "embedding.weight F32 (13, 6) 78"}) {
    EXPECT_TRUE(has_line(inspected, line)) << line << "\n" << inspected;
  }
  for (const std::string& line : lines(inspected)) EXPECT_LE(line.size(), 80u) << line;
}

TEST_F(Text, TheWordsStandInTheModel) {
  folder.file("t.txt", "a One one two\nb One Three three\n");
  train();
  EXPECT_EQ(metadata().at("words"), "One\nThree\none\nthree\ntwo\n");
  EXPECT_EQ(metadata().at("lower"), "false");
  EXPECT_EQ(metadata().at("tokens"), "7") << "padding and unknown, too";
  train("--min-count 2");
  EXPECT_EQ(metadata().at("words"), "One\n");
  train("--lower --min-count 2");
  EXPECT_EQ(metadata().at("words"), "one\nthree\n");
  EXPECT_EQ(metadata().at("lower"), "true");
}

TEST_F(Text, LowerIsOfTheModel) {
  folder.file("t.txt", "a one\nb TWO\na ONE\nb two\n");
  train("--lower");
  folder.file("bare.txt", "One\nTwo\n");
  EXPECT_EQ(output_of("predict --model m.safetensors --data bare.txt"), "a\nb\n");
  train("--lower --init m.safetensors");
  EXPECT_EQ(metadata().at("lower"), "true");
}

TEST_F(Text, StartsFromAModelWithItsWordsAndClasses) {
  write_text();
  train();
  const heed::Metadata before = metadata();
  folder.file("t.txt", "place Here are many other words\n");
  train("--init m.safetensors");
  for (const char* key : {"words", "labels", "tokens"}) EXPECT_EQ(metadata().at(key), before.at(key));
}

TEST_F(Text, AllCellsAndAttentionsGiveTheSameFileForAnyNumberOfThreads) {
  write_text();
  for (const std::string options : {"--cell gru --layers 2 --dropout 0.2", "--cell rnn --attention additive --batch 7",
                                    "--bidirectional --attention multihead --batch 7 --clip 1 --flavor keras"}) {
    const std::string command = "train --text t.txt --epochs 2 --quiet " + options + " --model ";
    for (const char* threads : {"1", "3"}) output_of(command + threads + " --threads " + threads);
    EXPECT_TRUE(text("1") == text("3")) << options;
  }
}

TEST_F(Text, ExplainHasARowAWord) {
  write_text();
  folder.file("bare.txt", "Who owns, it\nWhere\n");
  train("--hidden 4");
  const auto rows = lines(output_of("explain --model m.safetensors --data bare.txt"));
  ASSERT_EQ(rows.size(), 5u);
  EXPECT_EQ(rows[0], "sentence,step,word,known,weight");
  EXPECT_TRUE(rows[1].starts_with("0,0,Who,1,0.")) << rows[1];
  EXPECT_TRUE(rows[2].starts_with("0,1,\"owns,\",0,0.")) << rows[2];
  EXPECT_EQ(rows[4], "1,0,Where,1,1");
  output_of("explain --model m.safetensors --data bare.txt --output a.npy");
  EXPECT_EQ(heed::read_npy<float>(folder / "a.npy").extents, (std::vector<heed::Index>{2, 3}));
  train("--hidden 4 --attention multihead");
  const auto heads = lines(output_of("explain --model m.safetensors --data bare.txt"));
  EXPECT_EQ(heads.at(0), "sentence,head,query,step,word,known,weight");
  EXPECT_EQ(heads.size(), 1 + 2 * (9 + 1u)) << "two heads, a row for each pair of words";
  EXPECT_EQ(heads.back(), "1,1,0,0,Where,1,1");
}

TEST_F(Text, OnATerminalExplainShadesTheWords) {
  if (const auto why = no_terminal()) GTEST_SKIP() << *why;
  write_text();
  folder.file(
      "bare.txt", "Who owns this strangething\n" + std::string(200, 'w') + " it" + [] {
        std::string many;
        for (int i = 0; i < 60; ++i) many += i % 2 ? " river" : " caf\xC3\xA9";
        return many;
      }() + "\n");
  for (const std::string attention : {"pool", "multihead --pooling mean", "multihead --pooling last", "additive"}) {
    train("--hidden 4 --attention " + attention);
    const std::string command = "explain --model m.safetensors --data bare.txt";
    const std::string full = on_terminal(command, {"TERM=xterm", "COLORTERM=truecolor"}).out;
    const std::string plain = on_terminal(command, {"TERM=dumb"}).out;
    EXPECT_NE(full.find("\x1b[48;2;"), std::string::npos) << full;
    EXPECT_EQ(plain.find('\x1b'), std::string::npos) << plain;
    EXPECT_NE(plain.find("[strangething]"), std::string::npos) << plain;
    EXPECT_NE(plain.find("sentence 0, answer p"), std::string::npos) << plain;
    EXPECT_GT(lines(plain).size(), 10u) << "a long sentence takes many lines";
    for (const std::string& out : {full, plain}) {
      for (const std::string& line : lines(out)) EXPECT_LE(columns(line), 80u) << line;
    }
  }
}

TEST_F(Text, LabelsThatOccurOnceAreQuestioned) {
  folder.file("bare.txt",
              "The cat sat\nA dog ran\nEach bird flew\nSome fish swam\nNo man is here\nWe like it\nIt is\nWe do\n");
  const Result asked = run("train --text bare.txt --epochs 1 --threads 1");
  EXPECT_EQ(asked.code, 0);
  EXPECT_EQ(asked.err, "bare.txt: 6 of 8 labels occur once, such as 'A'; are they labels?\n");
  EXPECT_EQ(run("train --text bare.txt --epochs 1 --threads 1 --quiet").err, "");
  write_text();
  EXPECT_EQ(run("train --text t.txt --epochs 1 --threads 1").err, "");
}

TEST_F(Text, SentencesWithoutAKnownWordAreSaid) {
  write_text();
  output_of("train --text t.txt --epochs 1 --threads 1 --model m.safetensors");
  folder.file("new.txt", "Who owns it\nzzz qqq\n\nxyzzy\n");
  const Result result = run("predict --model m.safetensors --data new.txt");
  EXPECT_EQ(result.code, 0);
  EXPECT_EQ(lines(result.out).size(), 4U);
  EXPECT_EQ(result.err, "new.txt: the model knows no word of 2 of 4 sentences; its answers to these mean nothing\n");
}

TEST_F(Text, LabelsThatMeanAMissingOneAreQuestioned) {
  folder.file("d.csv", "1,2,up\n3,4,NA\n5,6,down\n7,8,NA\n9,1,none\n");
  EXPECT_EQ(run("train --data d.csv --epochs 1 --threads 1").err,
            "d.csv: 'NA' is taken for a class, of 2; if it means a missing label, remove these rows\n");
}

}  // namespace text_test
