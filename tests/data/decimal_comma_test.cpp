// Tables whose numbers have a decimal comma: `TableFormat::decimal`.

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "heed/data/long_table.hpp"
#include "heed/data/text_table.hpp"
#include "support.hpp"

namespace decimal_comma_test {

using data_test::error_of;
using heed::LongTableOptions;
using heed::TableFormat;
using heed::TableOptions;
using Label = heed::TableOptions::Label;
using Words = std::vector<std::string>;
using Numbers = std::vector<double>;

const TableFormat comma{.delimiter = ';', .decimal = ','};
const TableFormat point{.delimiter = ';'};

heed::Sequences<double> wide(std::string_view text, TableOptions options = {.format = comma}) {
  return heed::parse_table<double>(text, "x.csv", options);
}
heed::LongTable<double> tall(std::string_view text, LongTableOptions options = {.format = comma}) {
  options.format.time_column = "t";
  return heed::parse_long_table<double>(text, "x.csv", options);
}
std::string wide_error(std::string_view text, const TableOptions& options = {.format = comma}) {
  return error_of([&] { wide(text, options); });
}
std::string tall_error(std::string_view text, const LongTableOptions& options = {.format = comma}) {
  return error_of([&] { tall(text, options); });
}
Numbers values_of(const heed::Sequences<double>& s) { return {s.x.begin(), s.x.end()}; }
Numbers targets_of(const heed::Sequences<double>& s) { return {s.targets.begin(), s.targets.end()}; }

// A point may stand between thousands there: 1.500 is not one and a half.
const std::string a_point =
    ": a point in a number whose decimals stand behind a comma (expected digits and a decimal comma, got ";

TEST(DecimalComma, APointInANumberIsAnError) {
  EXPECT_EQ(wide_error("1,5;1.500;a\n"), "x.csv, line 1, column 5" + a_point + "'1.500')");
  EXPECT_EQ(wide_error("x;label\n1.000,5;a\n"), "x.csv, line 2, column 1" + a_point + "'1.000,5')");
  EXPECT_EQ(wide_error("x;label\n\"2.1\";a\n"), "x.csv, line 2, column 1" + a_point + "'\"2.1\"')");
  EXPECT_EQ(tall_error("t;x;label\n1;1.500;a\n"), "x.csv, line 2, column 3" + a_point + "'1.500')");
  EXPECT_EQ(tall_error("t;x;label\n1.5;1,5;a\n2.5;1,5;a\n"), "x.csv, line 2, column 1" + a_point + "'1.5')");
  EXPECT_EQ(tall_error("t;x;label\n1.000,5;1,5;a\n"), "x.csv, line 2, column 1" + a_point + "'1.000,5')");
  for (const bool needed : {true, false}) {
    const heed::ReadOptions targets{.targets = true, .needs_labels = needed};
    EXPECT_EQ(wide_error("0,5;1.000\n0,5;2.100\n", {.format = comma, .read = targets}),
              "x.csv, line 1, column 5" + a_point + "'1.000')");
    EXPECT_EQ(tall_error("t;x;y\n1;0,5;1.000\n", {.format = comma, .read = targets}),
              "x.csv, line 2, column 7" + a_point + "'1.000')");
  }
}

TEST(DecimalComma, SeveralCommasStandBetweenThousands) {
  EXPECT_EQ(wide_error("1,000,000;a\n"),
            "x.csv, line 1, column 1: a number with thousands separators (expected digits and a decimal comma, got "
            "'1,000,000')");
}

TEST(DecimalComma, NumbersAreThoseOfThePointForm) {
  EXPECT_EQ(values_of(wide("1,5;-2,25;,5;2,;+0,5;1,5e3;7;a\n")), (Numbers{1.5, -2.25, 0.5, 2, 0.5, 1500, 7}));
  EXPECT_EQ(values_of(wide("1.5,-2.25,.5,2.,+0.5,1.5e3,7,a\n", {})), (Numbers{1.5, -2.25, 0.5, 2, 0.5, 1500, 7}));
  EXPECT_EQ(values_of(tall("t;x;y;label\n,5;2,;,25;a\n,25;\"1,5\";3;a\n").sequences), (Numbers{1.5, 3, 2, 0.25}));
  EXPECT_EQ(targets_of(wide("7;,5\n7;2,\n", {.format = comma, .read = {.targets = true}})), (Numbers{0.5, 2}));
  for (const char* none : {",", "-,", "1,5-", "1e2,5"}) {
    EXPECT_EQ(wide_error(std::string("0;") + none + ";a\n"),
              std::string("x.csv, line 1, column 3: not a number (expected a number, got '") + none + "')");
  }
  EXPECT_EQ(wide_error("0;1,5e400;a\n"),
            "x.csv, line 1, column 3: number out of range (expected a number that fits a double, got '1,5e400')");
  EXPECT_EQ(values_of(wide("1,5\n2,5\n", {.label = Label::none, .format = comma})), (Numbers{1.5, 2.5}))
      << "one column";
  EXPECT_EQ(values_of(wide("1,5;NA;2,5;a\n", {.format = comma, .read = {.missing = heed::Missing::linear}})),
            (Numbers{1.5, 2, 2.5}));
}

TEST(DecimalComma, TargetsHaveIt) {
  EXPECT_EQ(targets_of(wide("1;0,5\n2;-1,25\n", {.format = comma, .read = {.targets = true}})), (Numbers{0.5, -1.25}));
  TableFormat format = comma;
  format.sequence_column = "id";
  format.label_column = "y";
  const std::string rows = "id;t;x;y\n1;0;7;1,5\n2;0;8;,5\n1;1;9;1,50\n";
  EXPECT_EQ(targets_of(tall(rows, {.format = format, .read = {.targets = true}}).sequences), (Numbers{1.5, 0.5}));
  EXPECT_EQ(
      tall_error(rows + "2;1;8;0,75\n", {.format = format, .read = {.targets = true}}),
      "x.csv, line 5, column 7: the label changes of sequence '2' (expected ',5' as in its rows before, got '0,75')")
      << "as the file has it";
  const heed::ReadOptions targets{.targets = true};
  EXPECT_EQ(wide_error("1;1,5e400\n", {.format = comma, .read = targets}),
            "x.csv, line 1, column 3: not a target (expected a finite number, got '1,5e400')");
  EXPECT_EQ(wide_error("1;up\n", {.format = comma, .read = targets}),
            "x.csv, line 1, column 3: not a target (expected a finite number, got 'up')");
}

TEST(DecimalComma, WordsStayAsTheyAre) {
  TableFormat named = comma;
  named.header = TableFormat::Header::yes;
  const auto labelled = wide("x;1,5;1.5;label\n0,5;1;2;1, 3\n1,5;3;4;2.4 b\n", {.format = named});
  EXPECT_EQ(labelled.labels, (Words{"1, 3", "2.4 b"}));
  EXPECT_EQ(labelled.columns, (Words{"x", "1,5", "1.5"}));
  EXPECT_EQ(values_of(labelled), (Numbers{0.5, 1, 2, 1.5, 3, 4}));
  TableFormat format = comma;
  format.sequence_column = "id";
  const auto table = tall("id;t;2,5;label\n1,5;1;0,5;a,b\n1.5;1;1,5;c\n1,5;2;2,5;a,b\n", {.format = format});
  EXPECT_EQ(table.ids, (Words{"1,5", "1.5"}));
  EXPECT_EQ(table.features, Words{"2,5"});
  EXPECT_EQ(table.sequences.labels, (Words{"a,b", "c"}));
}

TEST(DecimalComma, AFractionIsNoLabel) {
  TableFormat named = comma;
  named.label_column = "kind";
  EXPECT_EQ(wide_error("x;kind\n0,5;1,3\n", {.format = named}),
            "x.csv, line 2, column 5: not a label (expected an integer of 64 bits or a word, got '1,3')");
  TableFormat format = comma;
  format.sequence_column = "id";
  EXPECT_EQ(error_of([&] { tall("id;t;v;kind\na;1;0,5;0,25\n", {.format = format}); }),
            "x.csv, line 2, column 9: not a label (expected an integer of 64 bits or a word, got '0,25')");
}

TEST(DecimalComma, AValueInThePlaceOfTheLabelIsAnError) {
  EXPECT_EQ(wide_error("1;0,5;0,25\n2;0,5;0,75\n"),
            "x.csv, line 1, column 7: not a label (expected an integer of 64 bits or a word, or to be told that the "
            "label stands first, got '0,25')");
  TableFormat first = comma;
  first.label_column = "first";
  EXPECT_EQ(wide("1;0,5;0,25\n2;0,5;0,75\n", {.format = first}).labels, (Words{"1", "2"}));
}

TEST(DecimalComma, NumbersInFrontAreNoNamesOfRows) {
  TableFormat known = comma;
  known.index_column = TableFormat::IndexColumn::drop_known;
  EXPECT_NE(wide_error("1,5;5;a\n2,5;6;b\n", {.format = known}).find("the first column neither counts rows nor names"),
            std::string::npos);
  EXPECT_EQ(values_of(wide("r;5,5;a\ns;6;b\n", {.format = known})), (Numbers{5.5, 6}));
}

TEST(DecimalComma, OrdersTimes) {
  const auto order = [](const std::string& early, const std::string& late) {
    return values_of(tall("t;x;label\n" + late + ";2;a\n" + early + ";1;a\n").sequences) == Numbers{1, 2};
  };
  EXPECT_TRUE(order("9,5", "10,25"));
  EXPECT_TRUE(order("-1", "\"-0,5\""));
  EXPECT_TRUE(order("2024-02-28 23:59:59,5", "2024-02-28 23:59:59,75"));
  EXPECT_TRUE(order("2024-02-28 23:59:59.5", "2024-02-28 23:59:59.75"));
  EXPECT_TRUE(order("a,2", "a,10")) << "words are words";
  EXPECT_EQ(tall("t;x;label\n0,5;1;a\n0,75;2;a\n").least_step, 0.25);
  EXPECT_TRUE(order("31.12.2024", "1.1.2025"));
  EXPECT_NE(tall_error("t;x;label\n31.12.;1;a\n").find("a time that cannot be put in order"), std::string::npos);
  EXPECT_EQ(tall_error("t;x;label\n1,5;1;a\nnoon;2;a\n"),
            "x.csv, line 3, column 1: times of two kinds (expected a number as in the first row, got 'noon')");
}

TEST(DecimalComma, IsToldWhereItIsNotExpected) {
  const std::string told = ": a number with a decimal comma (expected a decimal point, or decimal ',', got ";
  for (const char* number : {"1,5", ",5", "2,", "-0,25", "1,5e3"}) {
    const std::string end = told + "'" + number + "')", text = number;
    EXPECT_EQ(wide_error(text + ";2;a\n", {.format = point}), "x.csv, line 1, column 1" + end);
    EXPECT_EQ(wide_error(text + ";2\n", {.label = Label::none, .format = point}), "x.csv, line 1, column 1" + end);
    EXPECT_EQ(wide_error("2;" + text + "\n", {.format = point, .read = {.targets = true}}),
              "x.csv, line 1, column 3" + end);
    EXPECT_EQ(tall_error("t;x;label\n1;" + text + ";a\n", {.format = point}), "x.csv, line 2, column 3" + end);
    EXPECT_EQ(tall_error("t;x;label\n" + text + ";1;a\n", {.format = point}), "x.csv, line 2, column 1" + end);
    EXPECT_EQ(tall_error("t;x;y\n1;2;" + text + "\n", {.format = point, .read = {.targets = true}}),
              "x.csv, line 2, column 5" + end);
    const heed::ReadOptions unneeded{.targets = true, .needs_labels = false};
    EXPECT_EQ(wide_error("2;" + text + "\n", {.format = point, .read = unneeded}), "x.csv, line 1, column 3" + end);
  }
  const auto series = [](std::string_view text, const TableFormat& format) {
    return error_of([&] { heed::parse_long_table<double>(text, "x.csv", {.format = format, .label = Label::none}); });
  };
  EXPECT_EQ(series("0,5;2,5\n", point), "x.csv, line 1, column 1" + told + "'0,5')") << "numbers are no names";
  EXPECT_EQ(series("1.500;2.100\n", comma), "x.csv, line 1, column 1" + a_point + "'1.500')");
  EXPECT_EQ(series("x;y\n1,234.5;2\n", point),
            "x.csv, line 2, column 1: a number with thousands separators (expected digits and a decimal point, got "
            "'1,234.5')");
}

TEST(DecimalComma, NeedsAnotherDelimiter) {
  const std::string needs =
      "x.csv: numbers with a decimal comma need another delimiter (expected the delimiter to be named, such as ';', "
      "got ";
  EXPECT_EQ(wide_error("1,5;a\n", {.format = {.decimal = ','}}), needs + "none)");
  EXPECT_EQ(wide_error("1,5;a\n", {.format = {.delimiter = ',', .decimal = ','}}), needs + "',')");
  EXPECT_EQ(tall_error("t;x\n1;2\n", {.format = {.decimal = ','}}), needs + "none)");
  EXPECT_EQ(wide_error("1,5;a\n", {.format = {.delimiter = ';', .decimal = ';'}}),
            "x.csv: not a decimal separator (expected a point or a comma, got ';')");
}

}  // namespace decimal_comma_test
