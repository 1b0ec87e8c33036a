// Pictures of heat maps and curves, through gnuplot.

#include "../../examples/support/picture.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <string>
#include <vector>

#include "../../examples/support/curves.hpp"
#include "../data/support.hpp"
#include "heed/files/file.hpp"

namespace picture_test {

using data_test::error_of;
using data_test::Folder;
using support::Curves;
using support::HeatMap;
using support::HeatMaps;

bool has_gnuplot() { return std::system("gnuplot --version >/dev/null 2>&1") == 0; }
#define NEEDS_GNUPLOT() \
  if (!has_gnuplot()) GTEST_SKIP() << "gnuplot is not installed"

std::string text(const std::filesystem::path& path) {
  const auto bytes = heed::read_file(path);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// Width and height of a PNG.
std::pair<int, int> size_of(const std::string& png) {
  EXPECT_TRUE(png.starts_with("\x89PNG")) << png.substr(0, 20);
  const auto number = [&](std::size_t at) {
    int value = 0;
    for (std::size_t i = at; i < at + 4; ++i) value = value * 256 + static_cast<unsigned char>(png.at(i));
    return value;
  };
  return {number(16), number(20)};
}

/// For its life programs are found in `path` alone.
struct Path {
  std::string before = std::getenv("PATH");
  explicit Path(const std::filesystem::path& path) { ::setenv("PATH", path.c_str(), 1); }
  ~Path() { ::setenv("PATH", before.c_str(), 1); }
};

TEST(Picture, OfAHeatMapHasRoomForItsWords) {
  NEEDS_GNUPLOT();
  const Folder folder;
  HeatMap map{.columns = {"der", "fluss"}, .rows = {"the", "river", "."}, .values = {1, 0, 0, 1, 0.5F, 0.5F}};
  support::draw(folder / "a.png", map);
  const auto narrow = size_of(text(folder / "a.png"));
  map.columns[0] = "donaudampfschifffahrtsgesellschaft";
  support::draw(folder / "a.png", map);
  const auto high = size_of(text(folder / "a.png"));
  EXPECT_GT(high.second, narrow.second + 150);
  EXPECT_LT(high.second, 1000);
}

TEST(Picture, ShowsWordsAsTheyAre) {
  NEEDS_GNUPLOT();
  const Folder folder;
  const std::vector<std::string> words{
      "caf\xC3\xA9", "caf\xE9", "it's",          "'s",           "50%",     "%d",
      "a,b",         "(c)",     "100%% sure %s", "`touch here`", "x_{2}^3", "\"$(touch here)\"",
      "a\\nb\n",     "@Macro",  "\xE2\x82",      "<b>&amp;",     "",        "#tag"};
  const std::vector<float> weights(words.size(), 0.25F);
  support::draw(folder / "a.svg", HeatMap{.columns = words, .values = weights, .title = words[2], .numbers = true});
  const std::string svg = text(folder / "a.svg");
  for (const char* word :
       {"caf\xC3\xA9<", "it's", ">'s<", ">50%<", ">%d<", ">100%% sure %s<", ">a,b<", ">(c)<", "`touch here`", "x_{2}^3",
        "$(touch here)", "a\\nb", "@Macro", "#tag", "&lt;b>&amp;amp;", "0.25", "attention weight"}) {
    EXPECT_NE(svg.find(word), std::string::npos) << word;
  }
  EXPECT_FALSE(std::filesystem::exists("here"));
}

TEST(Picture, OfManyMapsAndSizes) {
  NEEDS_GNUPLOT();
  const Folder folder;
  HeatMaps page{.maps = {}, .across = 3, .title = "heads"};
  for (std::size_t n : {1U, 2U, 40U, 300U}) {
    page.maps.push_back({.columns = {}, .rows = {}, .values = std::vector<float>(3 * n, 0.5F), .width = n});
    page.maps.push_back({.columns = {}, .rows = {}, .values = std::vector<float>(3 * n, 0), .width = 3});
  }
  support::draw(folder / "a.png", page);
  EXPECT_GT(size_of(text(folder / "a.png")).first, 600);
}

TEST(Picture, OfCurvesLeavesOutWhatIsNoNumber) {
  NEEDS_GNUPLOT();
  const Folder folder;
  const double none = std::nan("");
  const Curves curves{
      .x_label = "epoch",
      .panels = {{.y_label = "loss", .curves = {{"training", {2, 1, 0.5}}, {"test", {none, 2, HUGE_VAL}}}},
                 {.y_label = "accuracy", .curves = {{"training", {none, none, none}}, {"", {}}}}}};
  support::draw(folder / "a.svg", curves);
  const std::string svg = text(folder / "a.svg");
  for (const char* word : {"epoch", "loss", "training", "test", "accuracy"}) {
    EXPECT_NE(svg.find(word), std::string::npos) << word;
  }
  support::draw(folder / "one.png", Curves{.x_label = "epoch", .panels = {{.y_label = "loss", .curves = {{"", {1}}}}}});
  EXPECT_GT(size_of(text(folder / "one.png")).first, 600);
}

TEST(Picture, WithoutGnuplotSaysSoAndWritesNothing) {
  const Folder folder;
  const Path nowhere(folder / ".");
  const HeatMap map{.columns = {"a"}, .values = {1}};
  const std::string path = (folder / "a.png").string();
  const std::string expected = path + ": pictures need gnuplot, which is not installed (Debian: gnuplot-nox)";
  EXPECT_EQ(error_of([&] { support::check_picture(path); }), expected);
  EXPECT_EQ(error_of([&] { support::draw(path, map); }), expected);
  EXPECT_TRUE(std::filesystem::is_empty(folder / "."));
}

TEST(Picture, ThatCannotBeDrawnLeavesTheFileThatIsThere) {
  const Folder folder;
  folder.file("a.png", "before");
  folder.file("gnuplot", "#!/bin/sh\n[ \"$1\" = --version ] || { echo 'line 3: no such thing'; exit 3; }\n");
  std::filesystem::permissions(folder / "gnuplot", std::filesystem::perms::owner_all);
  const Path only(folder / ".");
  const std::string path = (folder / "a.png").string();
  EXPECT_EQ(error_of([&] { support::draw(path, HeatMap{.columns = {"a"}, .values = {1}}); }),
            path + ": gnuplot failed: line 3: no such thing ");
  EXPECT_EQ(text(folder / "a.png"), "before");
}

TEST(Picture, RefusesWhatItCannotDraw) {
  const Folder folder;
  const std::string path = (folder / "a.png").string();
  const auto refused = [&](const HeatMaps& page) { return error_of([&] { support::draw(path, page); }); };
  EXPECT_EQ(refused({}), path + ": no heat map to draw");
  EXPECT_EQ(refused({.maps = {{.columns = {"a", "b"}, .values = {1, 2, 3}}}}),
            path + ": the names of a heat map do not fit its values");
  EXPECT_EQ(refused({.maps = {{.columns = {"a"}, .rows = {"b", "c"}, .values = {1}}}}),
            path + ": the names of a heat map do not fit its values");
  EXPECT_EQ(error_of([&] { support::draw(path, Curves{}); }), path + ": no curves to draw");
  EXPECT_EQ(error_of([&] { support::check_picture(folder / "a.jpg"); }),
            (folder / "a.jpg").string() + ": a picture is named .png or .svg");
  EXPECT_NE(error_of([&] { support::check_picture(folder / "none/a.png"); }).find("cannot create"), std::string::npos);
}

}  // namespace picture_test
