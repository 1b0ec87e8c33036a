#include "training_log.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <string>
#include <string_view>
#include <utility>

#include "heed/core/error.hpp"
#include "heed/data/text_reader.hpp"
#include "heed/files/file.hpp"

namespace classifier::page {

namespace {

using heed::EpochRecord;

constexpr std::array<std::pair<std::string_view, double EpochRecord::*>, 7> columns{
    {{"loss", &EpochRecord::loss},
     {"accuracy", &EpochRecord::accuracy},
     {"validation_loss", &EpochRecord::validation_loss},
     {"validation_accuracy", &EpochRecord::validation_accuracy},
     {"test_loss", &EpochRecord::test_loss},
     {"test_accuracy", &EpochRecord::test_accuracy},
     {"seconds", &EpochRecord::seconds}}};

using Entry = std::pair<std::string_view, std::string_view>;  // a column and its text

constexpr double no_number = std::numeric_limits<double>::quiet_NaN();

[[noreturn]] void refuse(const heed::TextReader& reader, const std::string& got) {
  throw heed::Error(heed::Fault{"not a log of training",
                                reader.where() + ", line " + std::to_string(reader.line_number()),
                                "the columns epoch and loss, as classifier train --log writes them", got});
}

// "null" and an empty cell are no number
double number_of(std::string_view text, const heed::TextReader& reader) {
  if (text.size() > 1 && text.front() == '"' && text.back() == '"') text = text.substr(1, text.size() - 2);
  if (text.empty() || text == "null") return no_number;
  if (text == "inf" || text == "-inf") return text == "inf" ? HUGE_VAL : -HUGE_VAL;
  double value = 0;
  if (heed::parse_number(text, value) != std::errc()) refuse(reader, heed::in_quotes(std::string(text)));
  return value;
}

// the members of an object on one line, whose values are numbers and texts
std::vector<Entry> members_of(std::string_view line, const heed::TextReader& reader) {
  std::vector<Entry> members;
  const auto wrong = [&] { refuse(reader, heed::in_quotes(std::string(line.substr(0, 40)))); };
  if (!line.starts_with('{') || !line.ends_with('}')) wrong();
  for (std::string_view rest = line.substr(1, line.size() - 2); !rest.empty();) {
    const auto text_end = [&](std::size_t from) {  // behind the quote that closes a text
      for (std::size_t i = from + 1; i < rest.size(); ++i) {
        if (rest[i] == '\\') {
          ++i;
        } else if (rest[i] == '"') {
          return i + 1;
        }
      }
      wrong();
      return rest.size();
    };
    rest.remove_prefix(std::min(rest.find_first_not_of(" ,"), rest.size()));
    if (rest.empty()) break;
    if (rest.front() != '"') wrong();
    const std::size_t name_end = text_end(0), colon = rest.find(':', name_end);
    if (colon == std::string_view::npos) wrong();
    const std::size_t from = std::min(rest.find_first_not_of(' ', colon + 1), rest.size() - 1);
    const std::size_t to = rest[from] == '"' ? text_end(from) : std::min(rest.find(',', from), rest.size());
    members.emplace_back(rest.substr(1, name_end - 2), heed::trim(rest.substr(from, to - from)));
    rest.remove_prefix(to);
  }
  return members;
}

void add(TrainingLog& log, const std::vector<Entry>& entries, const heed::TextReader& reader) {
  EpochRecord record;
  record.epoch = 0;
  record.loss = record.accuracy = no_number;
  bool has_loss = false;
  for (const auto& [name, text] : entries) {
    if (name == "epoch") record.epoch = static_cast<int>(number_of(text, reader));
    has_loss = has_loss || name == "loss";
    for (const auto& [column, member] : columns) {
      if (name == column) record.*member = number_of(text, reader);
    }
  }
  if (record.epoch < 1 || !has_loss) refuse(reader, "a line without them");
  if (log.runs == 0 || record.epoch <= log.epochs.back().epoch) {  // another run
    log.epochs.clear();
    ++log.runs;
  }
  log.epochs.push_back(record);
}

}  // namespace

TrainingLog read_log(const std::filesystem::path& path) {
  const std::vector<std::byte> bytes = heed::read_file(path);
  heed::TextReader reader(heed::as_text(bytes), path.string(), heed::TextReader::Comments::none);
  TrainingLog log;
  std::vector<std::string> head;
  std::vector<std::string_view> fields;
  while (reader.next()) {
    if (reader.line().starts_with('{')) {
      add(log, members_of(reader.line(), reader), reader);
      continue;
    }
    reader.split(reader.line(), ",", fields);
    if (head.empty()) {
      head.assign(fields.begin(), fields.end());
      const auto has = [&](std::string_view name) { return std::find(head.begin(), head.end(), name) != head.end(); };
      if (!has("epoch") || !has("loss")) refuse(reader, heed::in_quotes(std::string(reader.line().substr(0, 40))));
      continue;
    }
    std::vector<Entry> entries;
    for (std::size_t k = 0; k < std::min(head.size(), fields.size()); ++k) entries.emplace_back(head[k], fields[k]);
    add(log, entries, reader);
  }
  return log;
}

}  // namespace classifier::page
