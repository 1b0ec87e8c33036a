#include "heed/data/text_table.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "heed/data/labels.hpp"
#include "support.hpp"

namespace text_table_test {

using data_test::error_of;
using heed::Sequences;
using heed::TableOptions;
using Label = heed::TableOptions::Label;
using Words = std::vector<std::string>;

Sequences<float> parsed_table(std::string_view text, const TableOptions& options = {}) {
  return heed::parse_table<float>(text, "x.csv", options);
}
std::string table_error(std::string_view text, const TableOptions& options = {}) {
  return error_of([&] { parsed_table(text, options); });
}
std::vector<float> values_of(const Sequences<float>& s) { return {s.x.begin(), s.x.end()}; }

TEST(TextTable, ARowIsASequenceAndItsLabel) {
  const auto s = parsed_table("1,2,3,7\n4,5,6,-8\n");
  EXPECT_EQ(s.x.extents(), (heed::Extents<3>{2, 3, 1}));
  EXPECT_EQ(values_of(s), (std::vector<float>{1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(s.labels, (Words{"7", "-8"}));
  EXPECT_TRUE(s.lengths.empty());
}

TEST(TextTable, FeaturesAreGroupedStepByStep) {
  const auto s = parsed_table("1,2,3,4,5,6,a", {.features = 2});
  EXPECT_EQ(s.x.extents(), (heed::Extents<3>{1, 3, 2}));
  EXPECT_EQ(s.x(0, 1, 0), 3);
  EXPECT_EQ(s.x(0, 2, 1), 6);
  EXPECT_EQ(s.labels, Words{"a"});
}

TEST(TextTable, TakesAnyOfItsWritings) {
  for (const std::string text : {
           "1,2.5,b\n3,4,c",
           "1 2.5 b\n3 4 c\n",
           "\t1\t2.5   b  \r\n3\t4\tc\r\n",
           "\xEF\xBB\xBF"
           " 1, 2.5, b\r\n\r\n# comment, with, commas\n 3 ,4 ,c",
           "x0,x1,label\n1,2.5,b\n3,4,c",
           "# comment\n\"x 0\",\"x 1\",\"label\"\n1,2.5,\"b\"\n3,4,\"c\"\n",
           "a b class\n1,2.5,b\n3 4 c",
       }) {
    const auto s = parsed_table(text);
    EXPECT_EQ(values_of(s), (std::vector<float>{1, 2.5, 3, 4})) << text;
    EXPECT_EQ(s.labels, (Words{"b", "c"})) << text;
  }
}

TEST(TextTable, LabelsAreIntegersOrWords) {
  EXPECT_EQ(parsed_table("1,+03\n2,4.0\n3,left hand\n4,\"a, \"\"b\"\"\"\n").labels,
            (Words{"+03", "4.0", "left hand", "a, \"b\""}));
  EXPECT_EQ(
      table_error("1,2,3\n4,5,0.5\n"),
      "x.csv, line 2, column 5: not a label (expected an integer of 64 bits or a word, or to be told that the label "
      "stands first, got '0.5')");
  EXPECT_EQ(
      table_error("1,2,\n"),
      "x.csv, line 1, column 5: an empty last field: the row ends with a delimiter (expected no delimiter behind the "
      "last field, got nothing)");
  EXPECT_EQ(table_error("1,2,nan\n"),
            "x.csv, line 1, column 5: not a label (expected an integer of 64 bits or a word, got 'nan')");
}

TEST(TextTable, RowsMayHoldNoLabel) {
  const auto s = parsed_table("1,2,3,4\n5,6,7,8", {.features = 2, .label = Label::none});
  EXPECT_EQ(s.x.extents(), (heed::Extents<3>{2, 2, 2}));
  EXPECT_TRUE(s.labels.empty());
}

TEST(TextTable, TheWidthTellsWhetherThereIsALabel) {
  const TableOptions options{.features = 2, .steps = 2, .label = Label::if_present};
  EXPECT_TRUE(parsed_table("1,2,3,4\n5,6,7,8", options).labels.empty());
  EXPECT_EQ(parsed_table("a,b,c,d,e\n1,2,3,4,9\n5,6,7,8,9", options).labels, (Words{"9", "9"}));
  for (const std::string text : {"1,2,3", "1,2,3,4,5,6"}) {
    EXPECT_EQ(table_error(text, options),
              "x.csv, line 1, column " + std::to_string(text.size() + 1) +
                  ": wrong number of fields (expected 4 values, or these and a label, got " +
                  std::to_string(text.size() / 2 + 1) + " fields)");
  }
  EXPECT_EQ(table_error("1,2,3,4\n1,2,3,4,5", options),
            "x.csv, line 2, column 9: wrong number of fields (expected 4 as in the first row, got 5)");
  EXPECT_EQ(table_error("1,2", {.label = Label::if_present}),
            "x.csv: cannot tell a label from a value (expected a known number of steps)");
}

TEST(TextTable, RejectsRowsThatAreNotWholeSteps) {
  EXPECT_EQ(table_error("\n1,2,3,4\n", {.features = 2}),
            "x.csv, line 2, column 8: wrong number of fields (expected one or more steps of 2 features and a label, "
            "got 4 fields)");
  EXPECT_EQ(table_error("5\n"),
            "x.csv, line 1, column 2: wrong number of fields (expected one or more steps and a "
            "label, got 1 fields)");
  EXPECT_EQ(table_error("1,2,3", {.features = 2, .label = Label::none}),
            "x.csv, line 1, column 6: wrong number of fields (expected one or more steps of 2 features, got 3 fields)");
  EXPECT_EQ(
      table_error("1,2,3", {.steps = 3}),
      "x.csv, line 1, column 6: no labels: a row has its values alone (expected 3 values and a label, got 3 fields)");
}

TEST(TextTable, CountsTheLabelsThatAreNamed) {
  const std::string table = "a,b,p,q\n1,2,3,4\n";
  const auto error = [&](const char* columns, Label label) {
    const std::string all = table_error(
        table, {.steps = 4, .label = label, .format = {.label_column = columns}, .read = {.targets = true}});
    return all.substr(all.find('('));
  };
  EXPECT_EQ(error("p,q", Label::last), "(expected 4 values and 2 labels, got 4 fields)");
  EXPECT_EQ(error("p,q", Label::if_present), "(expected 4 values and 2 labels, got 4 fields)");
  EXPECT_EQ(error("q", Label::if_present), "(expected 4 values and a label, got 4 fields)");
  EXPECT_EQ(table_error(
                "a,b\n1,2\n",
                {.steps = 4, .label = Label::if_present, .format = {.label_column = "p,q"}, .read = {.targets = true}}),
            "x.csv, line 2, column 4: wrong number of fields (expected 4 values, or these and 2 labels, got 2 fields)");
}

TEST(TextTable, RejectsRowsOfDifferentWidth) {
  EXPECT_EQ(table_error("1,2,a\n1,b\n"),
            "x.csv, line 2, column 4: wrong number of fields (expected 3 as in the first row, got 2)");
  EXPECT_EQ(table_error("1 2 a\n# comment\n1  2 3 b\n"),
            "x.csv, line 3, column 8: wrong number of fields (expected 3 as in the first row, got 4)");
  EXPECT_EQ(table_error("x,y,label\n1,a\n"),
            "x.csv, line 2, column 4: wrong number of fields (expected 3 as in the first row, got 2)");
}

TEST(TextTable, NamesThePlaceOfWhatIsNoNumber) {
  EXPECT_EQ(table_error("1,2,a\n3, x4,b\n"), "x.csv, line 2, column 4: not a number (expected a number, got 'x4')");
  EXPECT_EQ(table_error("1,2,a\n3,,b\n"), "x.csv, line 2, column 3: empty field (expected a number, got nothing)");
  EXPECT_EQ(table_error("1,\"x\",a\n"), "x.csv, line 1, column 4: not a number (expected a number, got 'x')");
  EXPECT_EQ(table_error("1,nan,a\n"),
            "x.csv, line 1, column 3: value is not finite (expected a finite number, got 'nan')");
  EXPECT_EQ(table_error("1,1e40,a\n"),
            "x.csv, line 1, column 3: number out of range (expected a number that fits a float, got '1e40')");
}

TEST(TextTable, OnlyNamesMakeAHeader) {
  EXPECT_EQ(table_error("x0,1,a\n1,2,b\n"), "x.csv, line 1, column 1: not a number (expected a number, got 'x0')");
  EXPECT_EQ(table_error("?,?,a\n1,2,b\n"), "x.csv, line 1, column 1: not a number (expected a number, got '?')");
  EXPECT_EQ(table_error("x,nan,a\n1,2,b\n"), "x.csv, line 1, column 1: not a number (expected a number, got 'x')");
  EXPECT_EQ(table_error("a,b,c\nd,e,f\n1,2,3\n").find("x.csv, line 2, column 1: a word where a number should be"), 0u);
}

using Header = heed::TableFormat::Header;
using IndexColumn = heed::TableFormat::IndexColumn;

TEST(TextTable, NamesThatCountColumnsAreAHeader) {
  for (const std::string text : {"0,1,2,label\n5,6,7,a\n8,9,10,b\n", "0,1,2,label\n5,6,7,1\n8,9,10,2\n",
                                 "\"0\",\"1\",\"2\",\"y\"\n5,6,7,a\n8,9,10,b\n"}) {
    const auto s = parsed_table(text);
    EXPECT_EQ(values_of(s), (std::vector<float>{5, 6, 7, 8, 9, 10})) << text;
  }
  EXPECT_EQ(parsed_table("0,1,2,walk\n5,6,7,run\n8,9,10,walk\n").count(), 3) << "a class that occurs again";
  EXPECT_EQ(table_error("0,1,2,3\n5,6,7,1\n8,9,10,2\n"),
            "x.csv, line 1, column 1: a first row that may hold names or values (expected header yes or no, "
            "got 0, 1, 2, ...)");
  EXPECT_EQ(parsed_table("0,1,2,3\n5,6,7,1\n", {.format = {.header = Header::yes}}).count(), 1);
  EXPECT_EQ(parsed_table("0,1,2,3\n5,6,7,1\n", {.format = {.header = Header::no}}).count(), 2);
}

TEST(TextTable, NumbersInQuotesAreNumbers) {
  const auto s = parsed_table("\"1.0\",\"2.0\",\"a\"\n\"3.0\",\" 4 \",\"b\"\n");
  EXPECT_EQ(values_of(s), (std::vector<float>{1, 2, 3, 4}));
  EXPECT_EQ(s.labels, (Words{"a", "b"}));
  EXPECT_EQ(parsed_table("\"x\",\"y\",\"class\"\n\"1.0\",\"2.0\",\"a\"\n").count(), 1);
  EXPECT_EQ(table_error("\"1.0\",\"2,5\",\"a\"\n"),
            "x.csv, line 1, column 7: a number with a decimal comma (expected a decimal point, or decimal ',', got "
            "'\"2,5\"')");
}

TEST(TextTable, AFieldWithoutAValueMakesNoHeader) {
  // rows that lack a number count neither columns nor anything else
  EXPECT_EQ(table_error("1,2,3,,a\n,3,2,1,b\n"),
            "x.csv, line 1, column 7: empty field (expected a number, got nothing)");
  EXPECT_EQ(table_error("0,1,,b\n4,3,2,b\n"), "x.csv, line 1, column 5: empty field (expected a number, got nothing)");
  std::string rows = "1,2,3,,a\n";
  for (int i = 0; i < 12; ++i) rows += std::to_string(7 - i) + ",3,2,1,b\n";
  EXPECT_EQ(table_error(rows), "x.csv, line 1, column 7: empty field (expected a number, got nothing)");
  const TableOptions filled{.read = {.missing = heed::Missing::zero}};
  EXPECT_EQ(parsed_table("1,2,3,,a\n,3,2,1,b\n", filled).count(), 2);
  EXPECT_EQ(parsed_table("0,1,,b\n4,3,2,b\n", filled).count(), 2);
  EXPECT_EQ(parsed_table(rows, filled).count(), 13);
  EXPECT_EQ(parsed_table(",1,2,b\n4,3,2,a\n5,6,7,b\n", filled).count(), 3);
}

TEST(TextTable, TheHeaderMayBeSaid) {
  EXPECT_EQ(table_error("a,b,c\n1,2,3\n", {.format = {.header = Header::no}}),
            "x.csv, line 1, column 1: not a number (expected a number, got 'a')");
  EXPECT_EQ(parsed_table("?,1 m,c\n1,2,3\n", {.format = {.header = Header::yes}}).count(), 1);
}

TEST(TextTable, TheDelimiterMayBeSaid) {
  const auto with = [](char delimiter) { return TableOptions{.format = {.delimiter = delimiter}}; };
  EXPECT_EQ(parsed_table("1|2|left hand\n", with('|')).labels, Words{"left hand"});
  EXPECT_EQ(parsed_table("1 2 a,b\n", with(' ')).labels, Words{"a,b"});
  EXPECT_EQ(parsed_table("1,2,a;b\n").labels, Words{"a;b"});
  EXPECT_EQ(table_error("1,2,a\n", with('.')),
            "x.csv: not a delimiter (expected a character that is no part of numbers, got '.')");
}

TEST(TextTable, TellsSemicolonsAndDecimalCommas) {
  const TableOptions semicolon{.format = {.delimiter = ';'}};
  EXPECT_EQ(
      table_error("1;2;a\n3;4;b\n"),
      "x.csv, line 1, column 2: fields with semicolons between them (expected commas or blanks, or the delimiter ';' "
      "to be named)");
  EXPECT_EQ(values_of(parsed_table("1;2;a\n3; 4;b, c\n", semicolon)), (std::vector<float>{1, 2, 3, 4}));
  EXPECT_EQ(
      table_error("1,5;2,5;a\n"),
      "x.csv, line 1, column 4: fields with semicolons between them (expected commas or blanks, or the delimiter ';' "
      "to be named)");
  EXPECT_EQ(
      table_error("1,5;2,5;a\n", semicolon),
      "x.csv, line 1, column 1: a number with a decimal comma (expected a decimal point, or decimal ',', got '1,5')");
  EXPECT_EQ(table_error("1,5 2,5 a\n"),
            "x.csv, line 1, column 3: fields with both commas and blanks between them (expected one of the two, and "
            "numbers with a decimal point, got '5 2')");
}

// Blanks and commas in names are between fields, too, until the delimiter is named.
TEST(TextTable, TellsSemicolonsWhateverElseIsInARow) {
  const auto place = [](const std::string& text) {
    const std::string error = table_error(text);
    return error.find(" between them (expected commas or blanks, or the delimiter ") == error.npos
               ? error
               : error.substr(0, error.find(" between them"));
  };
  EXPECT_EQ(place("x 1;x 2;label\n1;2;up\n"), "x.csv, line 1, column 4: fields with semicolons");
  EXPECT_EQ(place("x;y, in m;label\n1;2;up\n"), "x.csv, line 1, column 2: fields with semicolons");
  EXPECT_EQ(place("x;y;my label\n1;2;up\n"), "x.csv, line 1, column 2: fields with semicolons");
  EXPECT_EQ(place("1; 2; up\n"), "x.csv, line 1, column 2: fields with semicolons");
  EXPECT_EQ(place("\"x\";\"y\";\"label\"\n1;2;\"up\"\n"), "x.csv, line 1, column 4: fields with semicolons");
  EXPECT_EQ(place("x 1|x 2|label\n1|2|up\n"), "x.csv, line 1, column 4: fields with bars");
  for (const std::string label : {"a;b", "a|b;c"}) {
    EXPECT_EQ(parsed_table("1,2," + label + '\n').labels, Words{label});
    EXPECT_EQ(parsed_table("1 2 " + label + '\n').labels, Words{label});
  }
  EXPECT_EQ(parsed_table("\"a;b\",\"c|d\",label\n1,2,up\n").columns, (Words{"a;b", "c|d"}));
}

TEST(TextTable, AFirstLineMayNameTheDelimiter) {
  const std::string rows = "x y;z\n1,5;up\n2,5;down\n";
  for (const std::string line : {"sep=;\n", "SEP=;\r\n", "\"sep=;\"\n", "\xEF\xBB\xBFsep=;\n"}) {
    const auto s = parsed_table(line + rows, {.format = {.decimal = ','}});
    EXPECT_EQ(values_of(s), (std::vector<float>{1.5F, 2.5F})) << line;
    EXPECT_EQ(s.labels, (Words{"up", "down"})) << line;
    EXPECT_EQ(s.columns, Words{"x y"}) << line;
  }
  EXPECT_EQ(parsed_table("sep=\t\n1\tmy label\n").labels, Words{"my label"});
  EXPECT_EQ(parsed_table("sep=,\r1,up\r").labels, Words{"up"}) << "lines that end as on old Macs";
  const TableOptions semicolon{.format = {.delimiter = ';'}};
  EXPECT_EQ(parsed_table("sep=;\n1;up\n", semicolon).labels, Words{"up"});
  EXPECT_EQ(table_error("sep=;\n1;up\nx;up\n"), "x.csv, line 3, column 1: not a number (expected a number, got 'x')");
  EXPECT_EQ(table_error("sep=,\n1,up\n", semicolon),
            "x.csv, line 1: the first line names another delimiter (expected ';' that was named, got ',')");
  EXPECT_EQ(table_error("sep=a\n1a2\n"),
            "x.csv: not a delimiter (expected a character that is no part of numbers, got 'a')");
  // found by a fuzzer: a byte of a longer character cut a label in two
  EXPECT_EQ(table_error("sep=\xB0\n1\xB0 2\n"), "x.csv: not a delimiter (expected an ASCII character, got byte 176)");
  const TableOptions degree{.format = {.delimiter = '\xC2'}};
  EXPECT_EQ(table_error("1,2\n", degree), "x.csv: not a delimiter (expected an ASCII character, got byte 194)");
  EXPECT_EQ(table_error("sep=;\n"), "x.csv: no data (expected at least one row)");
}

TEST(TextTable, TabsWithBlanksInNamesNeedToBeNamed) {
  EXPECT_EQ(
      table_error("x a\tx b\tlabel\n1\t2\tup\n"),
      "x.csv, line 2, column 7: wrong number of fields (expected 5 as in the first row, or the delimiter tab to be "
      "named, got 3)");
}

TEST(TextTable, BetweenTabsFieldsMayHoldBlanks) {
  const TableOptions tab{.format = {.delimiter = '\t', .label_column = "first"}};
  const auto s = parsed_table("very bad\t1\t2\r\ngood\t3\t4\r\n", tab);
  EXPECT_EQ(s.labels, (Words{"very bad", "good"}));
  EXPECT_EQ(values_of(s), (std::vector<float>{1, 2, 3, 4}));
  EXPECT_EQ(table_error("a\t1\t\t2\n", tab), "x.csv, line 1, column 5: empty field (expected a number, got nothing)");
}

TEST(TextTable, TheLabelMayStandAnywhere) {
  const auto labels = [](std::string_view text, const char* column, TableOptions options = {}) {
    options.format.label_column = column;
    return parsed_table(text, options);
  };
  EXPECT_EQ(labels("a,1,2\nb,3,4\n", "first").labels, (Words{"a", "b"}));
  EXPECT_EQ(values_of(labels("a,1,2\nb,3,4\n", "first")), (std::vector<float>{1, 2, 3, 4}));
  const char* named = "x,kind,y\n1,a,2\n3,b,4\n";
  EXPECT_EQ(labels(named, "kind").labels, (Words{"a", "b"}));
  EXPECT_EQ(values_of(labels(named, "kind")), (std::vector<float>{1, 2, 3, 4}));
  EXPECT_TRUE(labels("1,2\n3,4\n", "none").labels.empty());
  EXPECT_EQ(error_of([&] { labels(named, "label"); }),
            "x.csv: no column has this name (expected one of x, kind, y, got 'label')");
  EXPECT_EQ(error_of([&] { labels("1,2,3\n", "label"); }),
            "x.csv: a label column with a name needs a header (expected first, last, none, or a header, got 'label')");
  const TableOptions some{.steps = 2, .label = Label::if_present};
  EXPECT_EQ(values_of(labels("a,1,2\n", "first", some)), (std::vector<float>{1, 2}));
  EXPECT_EQ(values_of(labels("1,2\n", "first", some)), (std::vector<float>{1, 2}));
  EXPECT_EQ(values_of(labels(named, "kind", some)), (std::vector<float>{1, 2, 3, 4}));
  EXPECT_EQ(values_of(labels("x,y\n1,2\n", "kind", some)), (std::vector<float>{1, 2}));
}

TEST(TextTable, NumbersMayHaveADecimalComma) {
  const heed::TableFormat comma{.delimiter = ';', .decimal = ','};
  const auto s = parsed_table("x;y;label\n1,5;-2,25;a,b\n\"3,5\";4e-1;a, b\n1,5e3;0,5;3,b\n", {.format = comma});
  EXPECT_EQ(values_of(s), (std::vector<float>{1.5F, -2.25F, 3.5F, 0.4F, 1500, 0.5F}));
  EXPECT_EQ(s.labels, (Words{"a,b", "a, b", "3,b"}));
  EXPECT_EQ(values_of(parsed_table("1,5 2 a\n2,5 3 b\n", {.format = {.delimiter = ' ', .decimal = ','}})),
            (std::vector<float>{1.5F, 2, 2.5F, 3}));
}

TEST(TextTable, AnIndexColumnIsNoColumnOfValues) {
  const std::string message = "values in each column, or index_column drop or keep";
  EXPECT_EQ(
      table_error(",0,1,label\n0,5,6,a\n1,7,8,b\n"),
      "x.csv, line 1, column 1: an index column in front (expected " + message + ", got a column without a name)");
  EXPECT_EQ(
      table_error("\"\",\"V1\",\"y\"\n\"1\",5,\"a\"\n\"2\",7,\"b\"\n"),
      "x.csv, line 1, column 1: an index column in front (expected " + message + ", got a column without a name)");
  EXPECT_EQ(
      table_error("V1 V2 label\n1 5 6 a\n2 7 8 b\n"),
      "x.csv, line 2, column 1: an index column: the header names one column fewer than the rows have (expected a "
      "name for each column, or index_column drop, got 3 names)");
  const TableOptions unlabelled{.steps = 2, .label = TableOptions::Label::if_present};
  EXPECT_NE(table_error(",0,1\n0,5,6\n1,7,8\n", unlabelled).find("an index column in front"), std::string::npos);
  const std::string word =
      "x.csv, line 2, column 1: a word where a number should be (expected a number; or index_column drop for names of "
      "rows, label_column for labels, or sequence_column in a table with one row per time step, got ";
  EXPECT_EQ(table_error("id,time,x,label\nR1,0,5,a\nR1,1,6,a\nR2,0,7,b\n"), word + "'R1')");
  EXPECT_EQ(table_error("\"ride\",\"x\",\"label\"\n\"R 1\",5,\"a\"\n\"R 2\",6,\"b\"\n"), word + "'R 1')");
  std::string rows, id = "id,x,label\n1,5,a\n2,6,b\n3,7,a\n";
  for (int i = 0; i < 12; ++i) rows += std::to_string(i) + ",5,6.5,a\n";
  EXPECT_NE(table_error(rows).find("an index column in front"), std::string::npos);
  EXPECT_NE(table_error(id).find("an index column in front"), std::string::npos);
  for (const char* own : {"ID,x,label\n1001,5,a\n1005,6,b\n1009,7,a\n", "Row_ID,x,label\n12,5,a\n7,6,b\n31,7,a\n"}) {
    EXPECT_NE(table_error(own).find("the first field of each row is its number"), std::string::npos) << own;
  }
  std::string large = "id,x,label\n", twice = large;  // doubles are equal
  for (int i = 0; i < 20; ++i) {
    large += std::to_string((std::int64_t(1) << 59) + i) + ",5,a\n";
    twice += std::to_string((std::int64_t(1) << 59) + i / 2) + ",5,a\n";
  }
  EXPECT_NE(table_error(large).find("the first field of each row is its number"), std::string::npos);
  EXPECT_EQ(parsed_table(twice).steps(), 2);
  for (const char* values : {"id,x,label\n12,5,a\n7,6,b\n12,7,a\n", "index,x,label\n1.5,5,a\n2.5,6,b\n3.5,7,a\n",
                             "x,y,label\n12,5,a\n7,6,b\n31,7,a\n", "id,x,label\n12,5,a\n7,6,b\n"}) {
    EXPECT_EQ(parsed_table(values).steps(), 2) << values;
  }
  EXPECT_EQ(parsed_table(rows, {.format = {.index_column = IndexColumn::keep}}).steps(), 3);
  EXPECT_EQ(parsed_table(rows, {.format = {.index_column = IndexColumn::drop}}).steps(), 2);
  EXPECT_EQ(values_of(parsed_table(id, {.format = {.index_column = IndexColumn::drop}})),
            (std::vector<float>{5, 6, 7}));
  EXPECT_EQ(parsed_table(",0,1,label\n0,5,6,a\n1,7,8,b\n", {.format = {.index_column = IndexColumn::drop}}).labels,
            (Words{"a", "b"}));
}

// Of a model that was trained on a table with an index column: it must be seen to be there.
TEST(TextTable, AnIndexColumnThatIsKnownOfAnotherTable) {
  const heed::TableFormat known{.index_column = IndexColumn::drop_known};
  const TableOptions some{.steps = 2, .label = TableOptions::Label::if_present, .format = known};
  const TableOptions any{.format = known};
  for (const std::string index :
       {",0,1\n7,5,6\n3,7,8\n", "id,0,1\n7,5,6\n3,7,8\n", "0,5,6\n1,7,8\n", "r,5,6\ns,7,8\n"}) {
    EXPECT_EQ(values_of(parsed_table(index, some)), (std::vector<float>{5, 6, 7, 8})) << index;
  }
  EXPECT_EQ(values_of(parsed_table("7,5,6,a\n3,7,8,b\n", some)), (std::vector<float>{5, 6, 7, 8})) << "by the width";
  EXPECT_EQ(values_of(parsed_table("1,5,6,a\n2,7,8,b\n", any)), (std::vector<float>{5, 6, 7, 8}));
  const std::string unclear =
      "x.csv: an index column in front, or a value: the first column neither counts rows nor names them (expected "
      "index_column drop or keep)";
  EXPECT_EQ(table_error("5,6,a\n7,8,b\n", some), unclear) << "values and a label";
  EXPECT_EQ(table_error("5,6,1\n7,8,2\n", some), unclear);
  EXPECT_EQ(table_error("5,6,a\n7,8,b\n", any), unclear);
  EXPECT_NE(table_error("5,6\n7,8\n", some).find("index_column keep where there is none"), std::string::npos);
}

std::string with_rows(std::string text, const std::string& row, int rows) {
  for (int i = 0; i < rows; ++i) text += row;
  return text;
}

TEST(TextTable, LinesMayEndWithACarriageReturnAlone) {
  const auto s = parsed_table("a,b,label\r1,2.5,b\r\r3,4,c\r");
  EXPECT_EQ(values_of(s), (std::vector<float>{1, 2.5, 3, 4}));
  EXPECT_EQ(s.labels, (Words{"b", "c"}));
}

TEST(TextTable, NamesTheEncodingOfWideCharacters) {
  const auto wide = [](std::size_t bytes, bool big, std::string text) {
    for (const char c : std::string("1,2,a\n3,4,b\n")) {
      const std::string zeros(bytes - 1, '\0');
      text += big ? zeros + c : c + zeros;
    }
    return text;
  };
  using namespace std::string_literals;
  for (const std::string& text :
       {wide(2, false, "\xFF\xFE"), wide(2, true, "\xFE\xFF"), wide(2, false, ""), wide(2, true, "")})
    EXPECT_NE(table_error(text).find("x.csv: a text of UTF-16"), std::string::npos) << table_error(text);
  for (const std::string& text :
       {wide(4, false, "\xFF\xFE\0\0"s), wide(4, true, "\0\0\xFE\xFF"s), wide(4, false, ""), wide(4, true, "")})
    EXPECT_NE(table_error(text).find("x.csv: a text of UTF-32"), std::string::npos) << table_error(text);
  EXPECT_NE(table_error("1,2,a\n\x1A").find("'\\x1a'"), std::string::npos) << table_error("1,2,a\n\x1A");
}

TEST(TextTable, AFirstRowThatCountsFromOneIsAskedAbout) {
  const std::string rows = with_rows("1,2,3,4\n", "0.5,0.25,7,1\n", 10);
  EXPECT_EQ(table_error(rows),
            "x.csv, line 1, column 1: a first row that may hold names or values (expected header yes or no, "
            "got 1, 2, 3, ...)");
  EXPECT_NE(table_error(with_rows("1,2,3,kind\n", "0.5,0.25,7,b\n", 10)).find("may hold names"), std::string::npos);
  EXPECT_EQ(parsed_table("1,2,3,label\n0.5,0.25,7,1\n").x.extent(0), 1);  // a word above numbers is a name
  EXPECT_EQ(parsed_table(with_rows("1,2,3,4\n", "0.5,0.25,7,1\n", 9)).x.extent(0), 10);       // a few rows of integers
  EXPECT_EQ(parsed_table(with_rows("1,2,3,4\n2,3,4,5\n", "3,4,5,6\n", 20)).x.extent(0), 22);  // windows of a ramp
  TableOptions options;
  options.format.header = heed::TableFormat::Header::no;
  EXPECT_EQ(parsed_table(rows, options).x.extent(0), 11);
}

TEST(TextTable, AFirstRowOfMissingValuesIsNoHeader) {
  for (const std::string none : {"NA", "null", "nan", "N/A"}) {
    const std::string text = none + ',' + none + ",a\n1,2,b\n3,4,a\n";
    EXPECT_NE(table_error(text, {}).find("line 1, column 1: "), std::string::npos) << none << table_error(text, {});
  }
  EXPECT_EQ(parsed_table("time,NA,label\n1,2,b\n", {}).labels, Words{"b"}) << "sodium";
}

TEST(TextTable, NamesMayBeginWithDigits) {
  for (const std::string names : {"00:00,01:00,label", "2025-01-01,2025-01-02,label", "1h,2h,class", "0_x,1_x,y"}) {
    const auto table = parsed_table(names + "\n5,6,a\n7,8,b\n", {});
    EXPECT_EQ(values_of(table), (std::vector<float>{5, 6, 7, 8})) << names;
  }
  EXPECT_NE(table_error("1O,2,a\n5,6,b\n", {}).find("not a number"), std::string::npos) << "a letter in a number";
  for (const std::string row : {"1,5;2,5;a", "5%;6%;a", "$5;$6;a", "1.2.3;4.5.6;a", "<1;<2;a", "1e999;1e999;a"}) {
    EXPECT_NE(table_error(row + "\n3;4;b\n", {.format = {.delimiter = ';'}}), "no error") << row;
  }
}

TEST(TextTable, ARowOfNumbersBehindAnEmptyFieldNamesColumns) {
  const std::string pandas = ",0,1,2\n0,5,,7\n1,6,7,8\n";
  TableOptions dropped{.label = TableOptions::Label::none,
                       .format = {.index_column = heed::TableFormat::IndexColumn::drop},
                       .read = {.missing = heed::Missing::zero}};
  EXPECT_EQ(values_of(parsed_table(pandas, dropped)), (std::vector<float>{5, 0, 7, 6, 7, 8}));
  dropped.format.index_column = heed::TableFormat::IndexColumn::drop_known;
  EXPECT_EQ(values_of(parsed_table(pandas, dropped)), (std::vector<float>{5, 0, 7, 6, 7, 8}));
  EXPECT_EQ(values_of(parsed_table(",0\n0,5\n1,6\n", dropped)), (std::vector<float>{5, 6})) << "a Series";
  TableOptions kept = dropped;
  kept.format.index_column = heed::TableFormat::IndexColumn::refuse;
  EXPECT_NE(table_error(pandas, kept).find("an index column in front"), std::string::npos);
  EXPECT_EQ(table_error(",0,1\n0,5,6\n1,6,7\n", kept),
            "x.csv, line 1, column 1: a first row that may hold names or values (expected header yes or no, got "
            "nothing, 0, 1)");
  kept.format.header = heed::TableFormat::Header::no;
  EXPECT_EQ(values_of(parsed_table(",0,1\n0,5,6\n1,6,7\n", kept)), (std::vector<float>{0, 0, 1, 0, 5, 6, 1, 6, 7}));
}

TEST(TextTable, AFirstRowOfEvenNumbersAboveALabelOfItsOwnIsAskedAbout) {
  const std::string rows = "0.1,0.2,0.3,a\n0.4,0.1,0.2,b\n0.1,0.3,0.3,a\n0.5,0.1,0.2,b\n";
  EXPECT_EQ(
      table_error("400,402,404,species\n" + rows),
      "x.csv, first row: a first row that may hold names or values (expected header yes or no, got 400, 402, 404, "
      "..., 'species')");
  EXPECT_NE(table_error("0.0,0.5,1.0,y\n" + rows).find("names or values"), std::string::npos);
  EXPECT_EQ(table_error("400,402,405,species\n" + rows), "no error");
  EXPECT_EQ(table_error("400,402,404,a\n" + rows), "no error") << "a label of others";
  EXPECT_EQ(table_error("400,402,404,species\n1,3,5,a\n" + rows), "no error") << "windows of a ramp";
  EXPECT_EQ(table_error("400,402,404,c\n" + rows + "1,1,2,d\n"), "no error") << "labels may occur once here";
  EXPECT_EQ(table_error("400,402,404,7\n" + rows), "no error") << "a number for a label";
  EXPECT_EQ(table_error("400,402,404,species\n" + rows, {.steps = 3, .label = Label::if_present}), "no error");
}

TEST(TextTable, ARowInACommentIsAskedAbout) {
  EXPECT_EQ(
      table_error("1,2,a\n#3,4,b\n5,6,a\n"),
      "x.csv, line 2: a row that begins with # as a comment does (expected a first field in quotes, or no such line, "
      "got '#3,4,b')");
  EXPECT_NE(table_error("1,2,a\n5,6,a\n  # 3,4,b\n").find("line 3: a row that begins with #"), std::string::npos);
  EXPECT_NE(table_error("x,z,y\n#3,4,b\n5,6,a\n").find("line 2: a row that begins with #"), std::string::npos);
  for (const char* comment :
       {"# a note", "# a, note, here", "# 3,4", "# 1,2,3,4", "#", "#3,\"4,b", "#3,\xe4,b", "#3,\x01,b"}) {
    EXPECT_EQ(table_error("1,2,a\n" + std::string(comment) + "\n5,6,a\n"), "no error") << comment;
    EXPECT_EQ(table_error(std::string(comment) + "\n1,2,a\n5,6,a\n"), "no error") << comment;
  }
  TableOptions named;
  named.format.header = heed::TableFormat::Header::yes;
  EXPECT_NE(table_error("# a,b,y\n1,2,a\n5,6,a\n", named).find("names of columns in a comment"), std::string::npos);
  EXPECT_EQ(table_error("# a note\nx,z,y\n1,2,a\n5,6,a\n", named), "no error");
  EXPECT_EQ(table_error("# nm,nm,kind\n400,402,species\n1,2,a\n5,6,a\n", named), "no error") << "units";
  EXPECT_NE(table_error("\xEF\xBB\xBFx,z,y\n#3,4,b\n5,6,a\n").find("line 2: a row that begins"), std::string::npos);
}

TEST(TextTable, ADelimiterBehindTheLastFieldIsNamed) {
  EXPECT_EQ(
      table_error("1,2,a,\n3,4,b,\n"),
      "x.csv, line 1, column 7: an empty last field: the row ends with a delimiter (expected no delimiter behind the "
      "last field, got nothing)");
  EXPECT_NE(table_error("u,v,label,\n1,2,a,\n").find("line 2, column 7: an empty last field"), std::string::npos);
  const TableOptions values{.steps = 3, .label = TableOptions::Label::if_present};
  EXPECT_EQ(table_error("1,2,\n3,4,5\n", values),
            "x.csv, line 1, column 5: empty field (expected a number, got nothing)");
  EXPECT_NE(table_error("1,2,3,\n", values).find("an empty last field"), std::string::npos);
  TableOptions options;
  options.format.delimiter = ';';
  EXPECT_NE(table_error("1;2;a;\n", options).find("an empty last field"), std::string::npos);
}

TEST(TextTable, TellsOtherDelimiters) {
  EXPECT_NE(table_error("1|2|a\n").find("column 2: fields with bars between them (expected commas or blanks, or the "
                                        "delimiter '|' to be named)"),
            std::string::npos);
  TableOptions options;
  options.format.delimiter = ';';
  EXPECT_NE(table_error("1,2,a\n", options).find("fields with commas between them (expected the delimiter ';'"),
            std::string::npos);
  EXPECT_NE(table_error("1\t2\ta\n", options).find("fields with tabs between them"), std::string::npos);
  EXPECT_NE(table_error("\"1,234.5\",2,a\n").find("a number with thousands separators"), std::string::npos);
}

TEST(TextTable, SaysThatTheLabelMayStandElsewhere) {
  const std::string first = table_error("1\t0.5\t0.25\n2\t0.5\t0.75\n");
  EXPECT_NE(
      first.find("not a label (expected an integer of 64 bits or a word, or to be told that the label stands first"),
      std::string::npos)
      << first;
  EXPECT_NE(table_error("a,1,2\nb,3,4\n").find("this column to be told as that of the labels"), std::string::npos);
  EXPECT_NE(table_error("u,kind,v\n1,a,2\n3,b,4\n").find("line 2, column 3: not a number (expected a number, or this"),
            std::string::npos);
  EXPECT_EQ(table_error("1,x,a\n"), "x.csv, line 1, column 3: not a number (expected a number, got 'x')");
}

TEST(TextTable, NumbersOfRowsWithoutANameAreDropped) {
  TableOptions options;
  options.format.index_column = heed::TableFormat::IndexColumn::drop;
  const std::string_view text = "\"V1\" \"V2\" \"label\"\n\"1\" 5 6 \"a\"\n\"2\" 7 8 \"b\"\n";  // R's write.table
  EXPECT_EQ(values_of(parsed_table(text, options)), (std::vector<float>{5, 6, 7, 8}));
  options.format.label_column = "V1";
  EXPECT_EQ(parsed_table("V1,V2,V3\nr1,5,6,7\nr2,8,9,1\n", options).labels, (Words{"5", "8"}));
}

TEST(TextTable, ALabelColumnHasANameOfItsOwn) {
  TableOptions options;
  options.format.label_column = "a";
  EXPECT_EQ(table_error("a,b,a\n1,2,x\n", options),
            "x.csv: two columns have this name (expected a name of its own, got 'a')");
}

TEST(TextTable, RejectsEmptyData) {
  for (const std::string text : {"", "\n\n", "# comment\n", "a,b,label\n"})
    EXPECT_EQ(table_error(text), "x.csv: no data (expected at least one row)");
}

TEST(TextTable, RejectsImpossibleOptions) {
  EXPECT_EQ(table_error("1,2", {.features = 0}),
            "x.csv: wrong shape of a row (expected at least 1 feature and 0 steps, got 0 and 0)");
  EXPECT_EQ(table_error("1,2", {.steps = -1}),
            "x.csv: wrong shape of a row (expected at least 1 feature and 0 steps, got 1 and -1)");
}

TEST(TextTable, NamesThatGoFeatureByFeatureAreAnError) {
  const std::string row = "1,2,3,4,5,6,a\n6,5,4,3,2,1,b\n";
  EXPECT_EQ(table_error("x_0,x_1,x_2,y_0,y_1,y_2,label\n" + row, {.features = 2}),
            "x.csv: the values of a row go feature by feature, as the names of the columns say (expected step by step: "
            "'x_0', 'y_0', ..., got 'x_0', 'x_1', ...)");
  const auto refused = [&](const std::string& names, heed::Index features) {
    return table_error(names + ",label\n" + row, {.features = features}).find("feature by feature") !=
           std::string::npos;
  };
  EXPECT_TRUE(refused("ax1,ax2,ay1,ay2,az1,az2", 3));
  EXPECT_TRUE(refused("t0_x,t1_x,t2_x,t0_y,t1_y,t2_y", 2));
  EXPECT_TRUE(refused("x[0],x[1],x[2],y[0],y[1],y[2]", 2));
  EXPECT_TRUE(refused("t0.ch0,t1.ch0,t2.ch0,t0.ch1,t1.ch1,t2.ch1", 2));
  EXPECT_TRUE(refused("ch0.t0,ch0.t1,ch0.t2,ch1.t0,ch1.t1,ch1.t2", 2));
  for (const std::string names : {"x_0,y_0,x_1,y_1,x_2,y_2", "v0,v1,v2,v3,v4,v5", "a,b,c,d,e,f",
                                  "x_0,x_1,x_2,y_1,y_2,y_3", "x_0,x_1,x_2,x_0,x_1,x_2", "t0_x,t0_y,t1_x,t1_y,t2_x,t2_y",
                                  "t0.ch0,t0.ch1,t1.ch0,t1.ch1,t2.ch0,t2.ch1", "x0,x0,x0,y0,y0,y0"}) {
    EXPECT_EQ(parsed_table(names + ",label\n" + row, {.features = 2}).features(), 2) << names;
  }
  EXPECT_EQ(parsed_table("x_0,x_1,x_2,y_0,y_1,y_2,label\n" + row, {.features = 1}).steps(), 6);
}

TEST(TextTable, AFileCutAtAnyByteGivesFewerRowsOrAnError) {
  const std::string text = "x0,x1,label\r\n1.5,-2e3,\"a b\"\r\n3,4,c\r\n";
  for (std::size_t size = 0; size < text.size(); ++size) {
    try {
      EXPECT_LE(parsed_table(std::string(text.data(), size)).count(), 2);
    } catch (const heed::Error&) {
      EXPECT_LT(size, text.find('c', text.find('4')) + 1);
    }
  }
}

TEST(TextTable, ReadsPenDigits) {
  const auto path = data_test::data_set("pendigits/pendigits.tra");
  if (!path) GTEST_SKIP() << "no pendigits/pendigits.tra in the folder of HEED_DATA_DIR";
  const auto s = heed::read_table<float>(*path, {.features = 2});
  EXPECT_EQ(s.x.extents(), (heed::Extents<3>{7494, 8, 2}));
  EXPECT_EQ(s.x(0, 0, 0), 47);
  EXPECT_EQ(s.x(0, 0, 1), 100);
  EXPECT_EQ(s.x(0, 7, 1), 98);
  EXPECT_EQ(s.labels[0], "8");
  EXPECT_EQ(s.labels.size(), 7494u);
  EXPECT_EQ(heed::LabelMap::from(s.labels, "pendigits").names,
            (Words{"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"}));
}

}  // namespace text_table_test
