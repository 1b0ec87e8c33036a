// A fuzzer of the reader of tables with one sequence per row. Ten choices come first.

#include <string>
#include <vector>

#include "fuzz/sequences.hpp"
#include "heed/data/csv.hpp"
#include "heed/data/text_table.hpp"

namespace {

using heed::Index;
using heed::TableFormat;
using heed::TableOptions;

/// Reads what CsvWriter wrote: the same values, and the same labels or targets.
void check_written(const heed::Sequences<float>& data) {
  const bool labels = !data.labels.empty(), target = data.targets.size() == data.count();
  const Index columns = data.steps() * data.features();
  heed::CsvWriter csv(std::vector<std::string>(static_cast<std::size_t>(columns + (labels || target)), "a"));
  for (Index i = 0; i < data.count(); ++i) {
    const std::vector<float> values(data.x[i].begin(), data.x[i].end());
    if (labels) {
      csv.row(values, data.labels[static_cast<std::size_t>(i)]);
    } else if (target) {
      csv.row(values, data.targets(i, 0));
    } else {
      csv.row(values);
    }
  }
  const auto label = labels || target ? TableOptions::Label::last : TableOptions::Label::none;
  const auto back = heed::parse_table<float>(csv.text(), "written",
                                             {.features = data.features(),
                                              .label = label,
                                              .format = {.header = TableFormat::Header::yes,
                                                         .delimiter = ',',
                                                         .index_column = TableFormat::IndexColumn::keep,
                                                         .encoding = heed::Encoding::utf8},
                                              .read = {.targets = target}});
  heed::fuzz::require_that(back.x.extents() == data.x.extents() &&
                               std::equal(back.x.begin(), back.x.end(), data.x.begin()) && back.labels == data.labels,
                           "a table that is written is read as the same");
  heed::fuzz::require_that(!target || std::equal(back.targets.begin(), back.targets.end(), data.targets.begin()),
                           "targets that are written are read as the same");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  heed::fuzz::Input input(data, size);
  constexpr const char* columns[] = {"last", "first", "none", "y", "y,z"};
  constexpr char delimiters[] = {'\0', ',', '\t', ';', ' ', ';'};
  TableOptions options;
  options.features = 1 + static_cast<Index>(input.choice(3));
  options.steps = static_cast<Index>(input.choice(4));
  options.label = input.one_of<TableOptions::Label>(3);
  options.format.header = input.one_of<TableFormat::Header>(3);
  const unsigned form = input.choice(6);
  options.format.delimiter = delimiters[form];
  options.format.decimal = form == 5 ? ',' : '.';
  options.format.label_column = columns[input.choice(5)];
  options.format.index_column = input.one_of<TableFormat::IndexColumn>(4);
  options.format.encoding = input.one_of<heed::Encoding>(3);
  options.read = {input.one_of<heed::Missing>(7), input.choice(2) == 1};
  const std::string_view text = input.text();
  heed::Sequences<float> table;
  if (heed::fuzz::refuses(size, heed::fuzz::sequence_factor(0),
                          [&] { table = heed::parse_table<float>(text, "fuzz", options); }))
    return 0;
  heed::fuzz::check_sequences(table, options.read);
  const bool gaps = std::any_of(table.x.begin(), table.x.end(), [](float v) { return std::isnan(v); });
  if (!gaps && table.targets.size() <= table.count()) check_written(table);
  return 0;
}
