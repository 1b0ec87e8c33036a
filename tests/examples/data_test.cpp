// examples/data.sh: data sets from a mirror in a folder, checked and moved into place.

#include <filesystem>
#include <string>

#include "program.hpp"

namespace data_test {

using namespace classifier_test;

class DataScript : public testing::Test {
 protected:
  Result run(std::vector<std::string> arguments) const {
    Setting setting{.folder = folder / "."};
    setting.environment = {"HEED_DATA_MIRROR=file://" + (folder / "mirror").string()};
    setting.program = "/bin/bash";
    arguments.insert(arguments.begin(), HEED_REFERENCE_DIR "/../../../examples/data.sh");
    return classifier_test::run(setting, std::move(arguments));
  }
  void SetUp() override {
    if (!fs::exists("/bin/bash")) GTEST_SKIP() << "there is no /bin/bash";
    if (std::system("curl --version >/dev/null 2>&1") != 0) GTEST_SKIP() << "curl is not installed";
  }
  /// A file of the mirror.
  fs::path mirrored(const std::string& path) const {
    const fs::path to = folder / ("mirror/" + path);
    fs::create_directories(to.parent_path());
    return to;
  }
  /// What stands in the folder of the data, hidden files too.
  std::size_t count() const {
    if (!fs::exists(folder / "data")) return 0;
    const fs::recursive_directory_iterator all(folder / "data");
    return static_cast<std::size_t>(
        std::count_if(begin(all), end(all), [](const auto& entry) { return entry.is_regular_file(); }));
  }

  Folder folder;
};

const std::string home = "raw.githubusercontent.com/harvardnlp/sent-conv-torch/master/data/";

TEST_F(DataScript, FetchesWhatIsNotThereYet) {
  const auto train = data_test::data_set("trec/TREC.train.all"), test = data_test::data_set("trec/TREC.test.all");
  if (!train || !test) GTEST_SKIP() << "HEED_DATA_DIR does not hold trec";
  fs::copy_file(*train, mirrored(home + "TREC.train.all"));
  fs::copy_file(*test, mirrored(home + "TREC.test.all"));
  Result result = run({"data", "trec"});
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_EQ(result.out, "trec: there\n");
  EXPECT_TRUE(heed::read_file(folder / "data/trec/TREC.train.all") == heed::read_file(*train));
  EXPECT_EQ(count(), 2u) << "nothing is left behind";
  fs::remove_all(folder / "mirror");
  EXPECT_EQ(run({"data", "trec"}).code, 0) << "what is there is not fetched again";
  folder.file("data/trec/TREC.test.all", "broken");
  EXPECT_EQ(run({"data", "trec"}).code, 1);
}

TEST_F(DataScript, ConvertsCoNLLU) {
  const auto dev = data_test::data_set("ud_english_ewt/dev.tsv");
  if (!dev) GTEST_SKIP() << "HEED_DATA_DIR does not hold ud_english_ewt";
  for (const std::string part : {"dev", "test", "train"}) {
    const auto bytes = heed::read_file(dev->parent_path() / (part + ".tsv"));
    const std::string tsv(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    std::string conllu = "# newdoc id = x\n";
    int number = 0;
    std::istringstream stream(tsv);
    for (std::string line; std::getline(stream, line);) {
      if (line.empty()) {
        conllu += "\n# text = y\n";
        number = 0;
        continue;
      }
      const std::string n = std::to_string(++number), tab = "\t";
      if (number == 2) conllu += "2-3\tboth\t_\t_\n2.1\tempty\t_\tX\n";
      conllu += n + tab + line.substr(0, line.find('\t')) + "\tlemma" + line.substr(line.find('\t')) + "\tXX\n";
    }
    const std::string path = "raw.githubusercontent.com/UniversalDependencies/UD_English-EWT/r2.14/en_ewt-ud-";
    heed::write_file(mirrored(path + part + ".conllu"), conllu);
  }
  const Result result = run({"data", "ud_english_ewt"});
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_TRUE(heed::read_file(folder / "data/ud_english_ewt/dev.tsv") == heed::read_file(*dev));
  EXPECT_EQ(count(), 3u);
}

TEST_F(DataScript, SaysInALineWhatFails) {
  heed::write_file(mirrored(home + "TREC.train.all"), "0 who ?\n");
  const Result result = run({"data", "trec", "pendigits"});
  EXPECT_EQ(result.code, 1);
  EXPECT_EQ(result.out, "");
  const auto errors = lines(result.err);
  ASSERT_EQ(errors.size(), 2u) << result.err;
  EXPECT_TRUE(
      errors[0].starts_with("data.sh: trec: trec/TREC.train.all: what https://" + home + "TREC.train.all gives"))
      << errors[0];
  EXPECT_NE(errors[0].find("expected c8183fd8c2a5cc4a9a1c56548d7c6410a8b71ed7843df9ef1f0a05cd7cf2fb3e"),
            std::string::npos);
  EXPECT_TRUE(errors[1].starts_with("data.sh: pendigits: pendigits/pendigits.tra: cannot fetch https://archive"))
      << errors[1];
  EXPECT_EQ(count(), 0u) << "nothing is put in place";
}

TEST_F(DataScript, RefusesASetItDoesNotKnow) {
  const Result result = run({"data", "trec", "imagenet"});
  EXPECT_EQ(result.code, 2);
  EXPECT_EQ(result.err, "data.sh: no data set imagenet\n");
  EXPECT_FALSE(fs::exists(folder / "data"));
}

}  // namespace data_test
