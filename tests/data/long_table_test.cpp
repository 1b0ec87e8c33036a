#include "heed/data/long_table.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "heed/data/load.hpp"
#include "support.hpp"

namespace long_table_test {

using data_test::error_of;
using data_test::Folder;
using heed::LongTableOptions;
using heed::TableFormat;
using Words = std::vector<std::string>;
using Numbers = std::vector<double>;

LongTableOptions by(const std::string& sequence, const std::string& time) {
  return {.format = {.sequence_column = sequence, .time_column = time}};
}
heed::LongTable<double> parsed(const std::string& text, const LongTableOptions& options) {
  return heed::parse_long_table<double>(text, "x.csv", options);
}
std::string error(const std::string& text, const LongTableOptions& options) {
  return error_of([&] { parsed(text, options); });
}

const std::string rows =
    "id,t,x,y,label\n"
    "b,10,3,30,down\n"
    "a,2,2,20,up\n"
    "a,1,1,10,up\n"
    "b,9,4,40,down\n"
    "a,3,5,50,up\n";

TEST(LongTable, RowsInAnyOrderAreSequencesInTheOrderOfTime) {
  const auto table = parsed(rows, by("id", "t"));
  const auto& s = table.sequences;
  ASSERT_EQ(s.x.extents(), (heed::Extents<3>{2, 3, 2}));
  EXPECT_EQ(Numbers(s.x.begin(), s.x.end()), (Numbers{4, 40, 3, 30, 0, 0, 1, 10, 2, 20, 5, 50}));
  EXPECT_EQ(s.lengths, (std::vector<std::int32_t>{2, 3}));
  EXPECT_EQ(s.labels, (Words{"down", "up"}));
  EXPECT_EQ(table.ids, (Words{"b", "a"}));
  EXPECT_EQ(table.features, (Words{"x", "y"}));
  EXPECT_EQ(table.labels, (Words{"label"}));
}

TEST(LongTable, WithoutTimeRowsStayInTheirOrder) {
  const auto s = parsed("id,x,label\na,3,u\nb,1,v\na,2,u\n", by("id", "")).sequences;
  EXPECT_EQ(Numbers(s.x.begin(), s.x.end()), (Numbers{3, 2, 1, 0}));
}

TEST(LongTable, NumbersMayHaveADecimalComma) {
  auto options = by("id", "t");
  options.format.delimiter = ';';
  options.format.decimal = ',';
  const auto table = parsed("id;t;x;label\na;0,5;1,25;up\na;0,25;2,5;up\n", options);
  EXPECT_EQ(Numbers(table.sequences.x.begin(), table.sequences.x.end()), (Numbers{2.5, 1.25}));
  EXPECT_EQ(table.least_step, 0.25);
}

TEST(LongTable, ColumnsAreChosenByName) {
  LongTableOptions options = by("id", "t");
  options.format.feature_columns = "y, x";
  options.format.label_column = "none";
  auto table = parsed(rows, options);
  EXPECT_EQ(table.features, (Words{"y", "x"}));
  EXPECT_EQ(table.sequences.x(1, 0, 0), 10);
  EXPECT_TRUE(table.sequences.labels.empty());
  options.format.feature_columns = "x";
  options.format.label_column = "label";
  EXPECT_EQ(parsed(rows, options).sequences.features(), 1) << "y is left out";
  options.format.label_column = "y";
  options.read.targets = true;
  EXPECT_NE(error(rows, options)
                .find("line 4, column 7: the label changes of sequence 'a' (expected '20' as in its rows "
                      "before, got '10')"),
            std::string::npos)
      << error(rows, options);
}

TEST(LongTable, SeveralTargets) {
  LongTableOptions options = by("id", "t");
  options.format.label_column = "p,q";
  options.read.targets = true;
  const auto table = parsed("id;t;q;p;x\n1;0;0.5;1.0;7\n2;0;2;3;8\n1;1;.5;1;9\n", [&] {
    options.format.delimiter = ';';
    return options;
  }());
  EXPECT_EQ(table.sequences.targets.extents(), (heed::Extents<2>{2, 2}));
  EXPECT_EQ(table.sequences.targets(0, 0), 1);
  EXPECT_EQ(table.sequences.targets(0, 1), 0.5);
  EXPECT_EQ(table.labels, (Words{"p", "q"}));
  options.read.targets = false;
  EXPECT_EQ(error("id;t;q;p;x\n1;0;0;1;7\n", options),
            "x.csv: several label columns (expected one for classes; targets may have several, got 'p,q')");
}

// The first row of pandas counts the columns, and could be values.
TEST(LongTable, AFirstRowThatCountsIsToBeNamed) {
  using Header = heed::TableFormat::Header;
  const auto with = [](Header header) {
    return LongTableOptions{.format = {.header = header, .label_column = "none"},
                            .label = heed::TableOptions::Label::none};
  };
  const auto steps = [&](const std::string& text, Header header) {
    return parsed(text, with(header)).sequences.x.extent(1);
  };
  const std::string three = "0,1,2\n5,6,7\n7,8,9\n";
  std::string from_one = "1,2,3\n";
  for (int i = 0; i < 10; ++i) from_one += "0.5,0.25,7\n";
  EXPECT_EQ(error(three, with(Header::automatic)),
            "x.csv, line 1, column 1: a first row that may hold names or values (expected header yes or no, got 0, 1, "
            "2, ...)");
  EXPECT_NE(error(from_one, with(Header::automatic)).find("a first row that may hold names or values"),
            std::string::npos);
  EXPECT_NE(error(",0,1\n0,5,6\n1,7,8\n", with(Header::automatic)).find("an index column in front"), std::string::npos);
  EXPECT_EQ(steps(three, Header::yes), 2);
  EXPECT_EQ(steps(three, Header::no), 3);
  EXPECT_EQ(steps("0,1\n0.3272,0.945\n", Header::automatic), 2) << "a sine and a cosine";
  EXPECT_EQ(steps("0\n5\n7\n", Header::automatic), 3);
  EXPECT_EQ(parsed("0,1,load\n5,6,7\n7,8,9\n", with(Header::automatic)).features, (Words{"0", "1", "load"}));
}

TEST(LongTable, KnowsHowFarStepsAreApart) {
  const auto steps = [](const std::string& text, const std::string& sequence) {
    const auto table =
        parsed(text, {.format = {.label_column = "none", .sequence_column = sequence, .time_column = "t"}});
    return std::pair(table.least_step, table.most_step);
  };
  EXPECT_EQ(steps("t,x\n0,1\n0.5,2\n4,3\n", ""), std::pair(0.5, 3.5));
  EXPECT_EQ(steps("id,t,x\na,10,1\nb,0,2\na,8,3\nb,2,4\n", "id"), std::pair(2.0, 2.0)) << "not from a to b";
  EXPECT_EQ(steps("id,t,x\na,0,1\na,2,2\nb,0,3\nb,4,4\nb,8,5\n", "id"), std::pair(2.0, 2.0)) << "each is even";
  EXPECT_EQ(steps("id,t,x\na,0,1\na,2,2\nb,0,3\nb,4,4\nb,9,5\nc,0,6\nc,9,7\n", "id"), std::pair(4.0, 5.0)) << "of b";
  EXPECT_EQ(steps("t,x\n2024-01-31,1\n2024-02-29,2\n2024-03-31,3\n", ""), std::pair(29 * 86400.0, 31 * 86400.0));
  EXPECT_EQ(steps("t,x\none,1\ntwo,2\n", ""), std::pair(0.0, 0.0));
  EXPECT_EQ(steps("t,x\n5,1\n", ""), std::pair(0.0, 0.0)) << "one step";
  const auto dates = [](const std::string& text) {
    return parsed(text, {.format = {.label_column = "none", .time_column = "t"}}).dates;
  };
  EXPECT_TRUE(dates("t,x\n2024-01-31,1\n"));
  EXPECT_FALSE(dates("t,x\n5,1\n"));
}

TEST(LongTable, TimesAreNumbersDatesOrWords) {
  const auto order = [](const std::string& first, const std::string& second) {
    const auto x =
        parsed("t,x\n\"" + second + "\",2\n" + first + ",1\n", {.format = {.label_column = "none", .time_column = "t"}})
            .sequences.x;
    return x(0, 0, 0) == 1 && x(0, 1, 0) == 2;
  };
  EXPECT_TRUE(order("-1.5", "10"));
  EXPECT_TRUE(order("9", "10"));
  EXPECT_TRUE(order("1711846800000000000", "1711846800000000001")) << "nanoseconds";
  EXPECT_TRUE(order("2023-12-31", "2024-01-01"));
  EXPECT_TRUE(order("2024-02-28 23:59:59.5", "2024-02-28 23:59:59.75"));
  EXPECT_TRUE(order("2024-10-27T02:30:00+02:00", "2024-10-27T02:00:00+01:00")) << "summer time ends";
  EXPECT_TRUE(order("2024-01-01T00:00Z", "2024-01-01T00:00:00.1Z"));
  EXPECT_TRUE(order("t2", "t10"));
  EXPECT_TRUE(order("2024M09", "2024M10"));
}

// Rows of one sequence in this order, or the error.
std::string order_of(const Words& times) {
  std::string text = "t,x\n";
  for (std::size_t i = 0; i < times.size(); ++i) text += '"' + times[i] + "\"," + std::to_string(i) + '\n';
  const LongTableOptions options{.format = {.label_column = "none", .time_column = "t"}};
  if (const std::string said = error(text, options); said != "no error") return said;
  const auto table = parsed(text, options);
  std::string order = table.sorted > 0 ? "sorted" : "as they stand";
  for (heed::Index t = 0; t < table.sequences.x.extent(1); ++t)
    order += ' ' + std::to_string(static_cast<int>(table.sequences.x(0, t, 0)));
  return order;
}

TEST(LongTable, RowsInAnotherOrderThanTheirTimesAreSortedOnlyWhereThatIsSure) {
  EXPECT_EQ(order_of({"1", "2", "10"}), "as they stand 0 1 2");
  EXPECT_EQ(order_of({"2", "1", "10"}), "sorted 1 0 2");
  EXPECT_EQ(order_of({"t10", "t2"}), "sorted 1 0");
  EXPECT_EQ(order_of({"2025-02-01", "2025-01-31"}), "sorted 1 0");
  EXPECT_EQ(order_of({"20250201", "20250131"}), "sorted 1 0");
  EXPECT_EQ(order_of({"22:30", "23:30"}), "as they stand 0 1");
  EXPECT_EQ(order_of({"31012025", "41012025"}), "as they stand 0 1") << "numbers in order";
  EXPECT_EQ(order_of({"41012025", "31012025"}), "sorted 1 0") << "no month has 41 days";
  EXPECT_EQ(order_of({"a", "b", "c"}), "as they stand 0 1 2");
  const std::vector<Words> words{{"pre", "during", "post"},
                                 {"before", "after"},
                                 {"start", "middle", "end"},
                                 {"first", "second", "third", "fourth"},
                                 {"I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X"},
                                 {"Mo", "Di", "Mi"},
                                 {"on", "off"},
                                 {"spring", "summer", "autumn"}};
  for (const Words& times : words) {
    EXPECT_NE(order_of(times).find("words as times, whose alphabetical order is not that of the rows"),
              std::string::npos)
        << times[0] << ": " << order_of(times);
  }
  EXPECT_EQ(
      order_of({"on", "off"}),
      "x.csv, lines 2 and 3: words as times, whose alphabetical order is not that of the rows (expected numbers or "
      "dates as times, or rows in alphabetical order, got 'on' above 'off')");
  for (const Words& times : {Words{"22:30", "23:30", "00:30"}, Words{"23:59:30", "0:00:30"}}) {
    EXPECT_NE(order_of(times).find("times of day that go back"), std::string::npos) << order_of(times);
  }
  const std::vector<Words> numbers{{"31012025", "01022025"}, {"31012025", "1022025"}, {"12312024", "01012025"},
                                   {"122024", "012025"},     {"310125", "010225"},    {"12.2024", "1.2025"},
                                   {"11.2020", "1.2021"}};
  for (const Words& times : numbers) {
    EXPECT_NE(order_of(times).find("numbers as times that may be dates, whose order is not that of the rows"),
              std::string::npos)
        << times[0] << ": " << order_of(times);
  }
}

TEST(LongTable, NamesTheColumnOfAWordAmongFeatures) {
  EXPECT_EQ(
      error("id,label,t,x\na,down,0,1\na,down,1,2\n",
            {.format = {.label_column = "none", .sequence_column = "id", .time_column = "t"}}),
      "x.csv, line 2, column 3, of 'label': a word where a number should be (expected a number; or label_column for "
      "the label, feature_columns for the columns of numbers, got 'down')");
}

TEST(LongTable, RefusesTimesWhoseLettersDoNotTellTheirOrder) {
  const auto refused = [](const std::string& times, const std::string& got) {
    std::string text = "t,x\n";
    for (std::size_t at = 0; at < times.size(); at = std::min(times.find(' ', at), times.size()) + 1) {
      text += times.substr(at, times.find(' ', at) - at) + ",1\n";
    }
    const std::string said = error(text, {.format = {.label_column = "none", .time_column = "t"}});
    return said.find("a time that cannot be put in order") != said.npos && said.find(got) != said.npos;
  };
  EXPECT_TRUE(refused("10.2024 11.2024 12.2024 01.2025", "line 5, column 1")) << "numbers, but for the last one";
  EXPECT_TRUE(refused("Jan Feb Mar", "'Jan'"));
  EXPECT_TRUE(refused("4Q24 1Q25", "'4Q24'"));
}

TEST(LongTable, RefusesTimesThatTheOrderOfTheirLettersWouldMix) {
  const auto read = [](const Words& times) {
    std::string text = "t,x\n";
    for (const std::string& time : times) text += '"' + time + "\",1\n";
    return error(text, {.format = {.label_column = "none", .time_column = "t"}});
  };
  const std::vector<Words> unclear{
      {"0.25s", "0.5s"},    {"1s", "1.5s"},       {"PT0.25S", "PT0.5S"}, {"0:00:00.0", "0:00:00.25"},
      {"day -2", "day -1"}, {"t-2", "t-1", "t0"}, {"T-1", "T0"},         {"week-1", "week0"},
      {"lag_-1", "lag_0"},  {"1h30m", "45m"},     {"PT1H", "PT45M"},     {"1 day, 1:00:00", "23:00:00"},
      {"90 s", "2 min"},    {"59:59", "1:00:00"}};
  for (const Words& times : unclear) {
    EXPECT_NE(read(times).find("a time that cannot be put in order"), std::string::npos) << times[0];
  }
  EXPECT_EQ(read({"0.25s", "0.5s"}),
            "x.csv, line 3, column 1: a time that cannot be put in order (expected numbers, such as seconds, or dates, "
            "got '0.5s')");
  const std::vector<Words> clear{{"0.25s", "0.50s"},
                                 {"10:00:00", "10:00:00.25"},
                                 {"week-1", "week-2"},
                                 {"v1.2.9", "v1.2.10"},
                                 {"1h05m", "1h30m"},
                                 {"1 day", "2 days"},
                                 {"1st", "2nd"},
                                 {"45 min", "90 min"},
                                 {"0 days 00:00:00", "1 days 00:00:00"},
                                 {"2025-W05-3", "2025-W10-1"},
                                 {"a", "b"},
                                 {"step 2", "step 10"}};
  for (const Words& times : clear) EXPECT_EQ(read(times), "no error") << times[0];
}

TEST(LongTable, NamesTellItsFeaturesApart) {
  const std::string text = "id,t,x,x\na,1,2,3\n";
  EXPECT_EQ(error(text, {.format = {.label_column = "none", .sequence_column = "id", .time_column = "t"}}),
            "x.csv: two columns have this name (expected one, got 'x')");
}

TEST(LongTable, AFirstColumnWithoutANameIsCalledAsPandasDoes) {
  const std::string text = ",v\n2025-01-02,5\n2025-01-01,6\n";
  const LongTableOptions options{.format = {.label_column = "none", .time_column = "Unnamed: 0"}};
  const auto x = parsed(text, options).sequences.x;
  EXPECT_EQ(Numbers(x.begin(), x.end()), (Numbers{6, 5}));
  LongTableOptions dropped = options;
  dropped.format.index_column = TableFormat::IndexColumn::drop;
  const auto y = parsed(",Unnamed: 0,v\n1,2,5\n2,1,6\n", dropped).sequences.x;
  EXPECT_EQ(Numbers(y.begin(), y.end()), (Numbers{6, 5})) << "a column of this name";
  EXPECT_NE(error(text, {.format = {.label_column = "none", .time_column = "t"}}).find("one of Unnamed: 0, v"),
            std::string::npos);
  EXPECT_NE(error(text, {.format = {.label_column = "none"}}).find("or time_column 'Unnamed: 0'"), std::string::npos);
}

TEST(LongTable, ARowInACommentIsAskedAbout) {
  EXPECT_NE(error("id,t,v,y\n1,0,1,a\n#2,0,1,a\n", by("id", "t")).find("line 3: a row that begins with #"),
            std::string::npos);
  EXPECT_NE(error("# id,t,v,y\n1,0,1,a\n", by("id", "t")).find("names of columns in a comment"), std::string::npos);
}

TEST(LongTable, NamesWhatIsWrong) {
  EXPECT_EQ(error("id,t,x,y\na,31. Dezember 2025,2,u\na,1. Januar 2026,3,u\n", by("id", "t")),
            "x.csv, line 2, column 3: a time that cannot be put in order (expected a date such as 2025-12-31 or "
            "2025-12-31T23:40+01:00, or a number, got '31. Dezember 2025')");
  EXPECT_EQ(error("id,t,x,y\na,1,2,u\na,1.0,3,u\n", by("id", "t")),
            "x.csv, lines 2 and 3: two rows of sequence 'a' have the same time (expected one row for each time)");
  EXPECT_EQ(error("id,t,x,y\na,1,2,u\na,x,3,u\n", by("id", "t")),
            "x.csv, line 3, column 3: times of two kinds (expected a number as in the first row, got 'x')");
  EXPECT_EQ(error("id,t,x,y\na,1,2,u\na,2,3,v\n", by("id", "t")),
            "x.csv, line 3, column 7: the label changes of sequence 'a' (expected 'u' as in its rows before, got 'v')");
  EXPECT_EQ(error("id,t,x,y\n,1,2,u\n", by("id", "t")),
            "x.csv, line 2, column 1: no sequence (expected a sequence, got nothing)");
  EXPECT_EQ(error("id,t,x,y\na,,2,u\n", by("id", "t")),
            "x.csv, line 2, column 3: no time (expected a time, got nothing)");
  EXPECT_EQ(error("id,t,x,y\na,1,2,u\n", by("key", "t")),
            "x.csv: no column has this name (expected one of id, t, x, y, got 'key')");
  EXPECT_EQ(error("id,t,x,y\na,1,2,u\n", by("id", "id")),
            "x.csv: a column is named twice (expected each once, got 'id' as sequence and time)");
  EXPECT_EQ(error("id,t,x,y\na,1,z,u\n", by("id", "t")),
            "x.csv, line 2, column 5, of 'x': a word where a number should be (expected a number; or label_column for "
            "the label, feature_columns for the columns of numbers, got 'z')");
  EXPECT_EQ(error("id,t,x,y\na,1,2\n", by("id", "t")),
            "x.csv, line 2, column 6: wrong number of fields (expected 4 as in the first row, got 3)");
  EXPECT_EQ(error("id,t,x,y\n", by("id", "t")), "x.csv: no data (expected at least one row)");
  EXPECT_EQ(error("id,t,y\na,1,u\n", by("id", "t")), "x.csv: no column is left for features");
  LongTableOptions headless = by("id", "t");
  headless.format.header = TableFormat::Header::no;
  EXPECT_EQ(error("a,1,2,u\n", headless),
            "x.csv, line 1, column 1: columns with names need a header (expected names in the first row)");
}

TEST(LongTable, ADelimiterThatNobodyNamedIsAnError) {
  for (const std::string header : {"id;t;x;y\n", "id;t;x value;y\n", "id;t;x, in m;y\n", "id; t; x; y\n"}) {
    EXPECT_EQ(error(header + "a;0;1,5;u\n", by("id", "t")),
              "x.csv, line 1, column 3: fields with semicolons between them (expected commas or blanks, or the "
              "delimiter ';' to be named)");
    LongTableOptions options = by("id", "t");
    options.format.decimal = ',';
    EXPECT_EQ(parsed("sep=;\n" + header + "a;0;1,5;u\n", options).sequences.x(0, 0, 0), 1.5);
    options.format.delimiter = ';';
    EXPECT_EQ(parsed(header + "a;0;1,5;u\n", options).sequences.x(0, 0, 0), 1.5);
  }
  EXPECT_EQ(error("sep=;\nid;t;x;y\na;0;z;u\n", by("id", "t")),
            "x.csv, line 3, column 5, of 'x': a word where a number should be (expected a number; or label_column for "
            "the label, feature_columns for the columns of numbers, got 'z')");
  LongTableOptions options = by("id", "t");
  options.format.delimiter = 'd';
  EXPECT_EQ(error(rows, options), "x.csv: not a delimiter (expected a character that is no part of numbers, got 'd')");
}

TEST(LongTable, AnIndexColumnIsNoFeature) {
  const std::string index = ",id,t,x,label\n0,a,1,5,u\n1,a,2,6,u\n";
  EXPECT_EQ(
      error(index, by("id", "t")),
      "x.csv, column 1: an index column in front (expected values in each column, or index_column drop or keep, or "
      "time_column 'Unnamed: 0', got a column without a name)");
  LongTableOptions options = by("id", "t");
  using IndexColumn = TableFormat::IndexColumn;
  for (const IndexColumn how : {IndexColumn::drop, IndexColumn::drop_known}) {
    options.format.index_column = how;
    EXPECT_EQ(parsed(index, options).features, (Words{"x"}));
  }
  EXPECT_EQ(parsed("id,t,x,label\na,1,5,u\na,2,6,u\n", options).features, (Words{"x"})) << "there is none";
  options.format.index_column = IndexColumn::drop;
  EXPECT_EQ(error("id,t,x,label\na,1,5,u\n", options),
            "x.csv: a column is named twice (expected each once, got 'id' as sequence and index)");
  options.format.index_column = IndexColumn::keep;
  EXPECT_EQ(parsed(index, options).features, (Words{"", "x"}));
  options.format.index_column = IndexColumn::refuse;
  options.format.feature_columns = "x";
  EXPECT_EQ(parsed(index, options).features, (Words{"x"})) << "it was not asked for";
}

TEST(LongTable, AColumnThatNumbersTheRowsIsNoFeature) {
  LongTableOptions options{.format = {.label_column = "none"}, .label = heed::TableOptions::Label::none};
  const std::string id = "id,v\n1001,5\n1004,6\n1007,5\n", index = "Index,v\n0,5\n1,6\n2,5\n";
  EXPECT_EQ(error(id, options),
            "x.csv: an index column in front: the first field of each row is its number (expected values in each "
            "column; or index_column drop or keep, time_column or sequence_column, got 'id')");
  std::string counts = "n,v\n", large = "id,v\n";
  for (int i = 0; i < 10; ++i) {
    counts += std::to_string(i) + ",0.5\n";
    large += std::to_string((std::int64_t(1) << 59) + i) + ",5\n";
  }
  const std::string grouped = "id,grp,x,label\n11,a,5,u\n12,a,6,u\n13,b,7,v\n";
  for (const std::string& text : {index, counts, large}) {
    EXPECT_NE(error(text, options).find("its number"), std::string::npos) << text;
  }
  EXPECT_NE(error(grouped, by("grp", "")).find("its number"), std::string::npos);
  EXPECT_EQ(parsed("id,v\n1,5\n1,6\n2,5\n", options).features, (Words{"id", "v"})) << "it does not tell rows apart";
  EXPECT_EQ(parsed("n,v\n0,5\n1,6\n2,5\n", options).features, (Words{"n", "v"}));
  EXPECT_EQ(parsed("id\n1001\n1004\n1007\n", options).features, Words{"id"}) << "there is nothing else";
  using IndexColumn = TableFormat::IndexColumn;
  options.format.index_column = IndexColumn::drop;
  EXPECT_EQ(parsed(id, options).features, Words{"v"});
  options.format.index_column = IndexColumn::keep;
  EXPECT_EQ(parsed(id, options).features, (Words{"id", "v"}));
  options.format = {.label_column = "none", .time_column = "id"};
  EXPECT_EQ(parsed(id, options).features, Words{"v"});
  options.format = {.label_column = "none", .feature_columns = "id"};
  EXPECT_EQ(parsed(id, options).features, Words{"id"}) << "it was asked for";
}

TEST(LongTable, MissingValuesAreFilledWithinTheirSequence) {
  LongTableOptions options = by("id", "t");
  options.read.missing = heed::Missing::linear;
  const auto s = parsed("id,t,x,y\na,3,5,u\na,1,1,u\nb,1,7,v\na,2,,u\nb,2,NA,v\n", options).sequences;
  EXPECT_EQ(Numbers(s.x.begin(), s.x.end()), (Numbers{1, 3, 5, 7, 7, 0}));
}

TEST(LongTable, ALineOfTabsIsAStepWithoutValuesWhereColumnsHaveNoNames) {
  LongTableOptions options{.format = {.delimiter = '\t', .label_column = "none"}, .read = {heed::Missing::linear}};
  EXPECT_EQ(parsed("1\t2\n\t\n3\t4\n", options).sequences.steps(), 3);
  EXPECT_EQ(parsed("\t\t\n1\t2\t3\n", options).sequences.steps(), 2);
  EXPECT_EQ(error("\t\t\n1\t2\n", options).find("x.csv, line 2, column 4: wrong number of fields"), 0U);
  options.format.time_column = "t";
  EXPECT_EQ(parsed("\t\t\nt\tx\n1\t2\n\t\n2\t4\n", options).sequences.steps(), 2);
}

TEST(LongTable, OneSeriesWithOrWithoutAHeader) {
  const LongTableOptions plain{.format = {.label_column = "none"}};
  EXPECT_EQ(parsed("1,2\n3,4\n5,6\n", plain).sequences.x.extents(), (heed::Extents<3>{1, 3, 2}));
  const auto named = parsed("a,b\n1,2\n3,4\n", plain);
  EXPECT_EQ(named.sequences.steps(), 2);
  EXPECT_EQ(named.features, (Words{"a", "b"}));
}

TEST(LongTable, IsReadByLoad) {
  const Folder folder;
  const auto s = heed::load_sequences<float>(folder.file("d.csv", rows), {},
                                             {.table = {.sequence_column = "id", .time_column = "t"}});
  EXPECT_EQ(s.labels, (Words{"down", "up"}));
  EXPECT_EQ(s.x.extents(), (heed::Extents<3>{2, 3, 2}));
}

TEST(LongTable, ATsvHasTabs) {
  const Folder folder;
  const LongTableOptions options{.format = {.label_column = "none", .time_column = "time of day"}};
  const auto tabs = folder.file("d.TSV", "time of day\tx y\n1\t2\n2\t3\n");
  EXPECT_EQ(heed::read_long_table<float>(tabs, options).features, (Words{"x y"}));
  LongTableOptions named = options;
  named.format.delimiter = ';';
  EXPECT_EQ(heed::read_long_table<float>(folder.file("s.tsv", "time of day;x\n1;2\n"), named).features, (Words{"x"}));
  EXPECT_EQ(
      error_of([&] { heed::read_long_table<float>(folder.file("c.tsv", "sep=;\ntime of day;x\n1;2\n"), options); }),
      (folder / "c.tsv").string() +
          ", line 1: the first line names another delimiter (expected tab that was named, got ';')");
}

}  // namespace long_table_test
