// A fuzzer of the reader of tables with one row per time step. Ten choices come first.

#include "fuzz/sequences.hpp"
#include "heed/data/long_table.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  heed::fuzz::Input input(data, size);
  constexpr const char* columns[] = {"last", "first", "none", "y", "y,z"};
  constexpr char delimiters[] = {'\0', ',', '\t', ';', ' ', ';'};
  heed::LongTableOptions options;
  options.label = input.one_of<heed::TableOptions::Label>(3);
  const auto header = input.one_of<heed::TableFormat::Header>(3);
  const unsigned form = input.choice(6);
  options.format = {.header = header,
                    .delimiter = delimiters[form],
                    .decimal = form == 5 ? ',' : '.',
                    .label_column = columns[input.choice(5)],
                    .index_column = input.one_of<heed::TableFormat::IndexColumn>(4),
                    .encoding = input.one_of<heed::Encoding>(3),
                    .sequence_column = input.choice(3) ? "id" : "",
                    .time_column = input.choice(2) ? "t" : "",
                    .feature_columns = input.choice(3) == 1 ? "x,w" : ""};
  const unsigned read = input.choice(14);
  options.read = {static_cast<heed::Missing>(read % 7), read >= 7};
  const std::string_view text = input.text();
  heed::LongTable<float> table;
  if (heed::fuzz::refuses(size, heed::fuzz::sequence_factor(text.size()),
                          [&] { table = heed::parse_long_table<float>(text, "fuzz", options); }))
    return 0;
  heed::fuzz::check_sequences(table.sequences, options.read);
  heed::fuzz::require_that(table.ids.empty() || std::ssize(table.ids) == table.sequences.count(),
                           "each sequence has its name");
  heed::fuzz::require_that(table.features.empty() || std::ssize(table.features) == table.sequences.features(),
                           "each feature has its name");
  return 0;
}
