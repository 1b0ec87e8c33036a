#include "heed/options/model_metadata.hpp"

#include <gtest/gtest.h>

#include "../support/error_of.hpp"
#include "heed/options/metadata.hpp"

namespace model_metadata_test {

using heed::Index;
using heed::Metadata;
using heed::metadata_of;
using heed::restore_extras;
using test_support::error_of;

/// Something that writes and reads itself.
struct Scale {
  double factor = 0;
  void write(Metadata& m, const std::string& key) const { heed::set(m, key, factor); }
  void read(const Metadata& m, const std::string& key, Index) { factor = heed::get_double(m, key); }
};

struct Model {
  static constexpr std::string_view architecture = "Model";
  struct Options {
    Index classes = 2;
    static void fields(auto&& f, auto&... o) { f({"classes"}, o.classes...); }
  };
  Options options;
  std::vector<std::string> labels, words;
  Scale scale;
  std::string note;

  static void extras(auto&& f, auto& model) {
    f("labels", model.labels, model.options.classes);
    f("words", model.words, heed::any_number);
    f("scale", model.scale, 1);
  }
  void write(Metadata& m) const { heed::set(m, "note", note); }
  void restore(const Metadata& m) { note = heed::get_text(m, "note"); }
};

TEST(ModelMetadata, HasOptionsAndExtras) {
  const Model model{{2}, {"no", "yes"}, {"a", "b", "c"}, {0.5}, "mine"};
  const Metadata m = metadata_of(model);
  EXPECT_EQ(
      m, (Metadata{
             {"classes", "2"}, {"labels", "no\nyes\n"}, {"words", "a\nb\nc\n"}, {"scale", "0.5"}, {"note", "mine"}}));
  Model again;
  restore_extras(again, m);
  EXPECT_EQ(again.labels, model.labels);
  EXPECT_EQ(again.words, model.words);
  EXPECT_EQ(again.scale.factor, 0.5);
  EXPECT_EQ(again.note, "mine");
}

TEST(ModelMetadata, NamesMayBeLeftOutButFitTheOptions) {
  Model model;
  EXPECT_FALSE(metadata_of(model).contains("labels"));
  model.labels = {"x"};
  restore_extras(model, metadata_of(Model()));
  EXPECT_TRUE(model.labels.empty());
  model.labels = {"x"};
  EXPECT_EQ(error_of([&] { metadata_of(model); }), "Model: wrong number of labels (expected 2, got 1)");
  EXPECT_EQ(error_of([&] { restore_extras(model, {{"labels", "x\n"}}); }),
            "Model: wrong number of labels (expected 2, got 1)");
}

TEST(ModelMetadata, OfAModelWithoutDescribedOptionsThereIsNone) {
  struct Plain {};
  EXPECT_TRUE(heed::metadata_of(Plain()).empty());
}

}  // namespace model_metadata_test
