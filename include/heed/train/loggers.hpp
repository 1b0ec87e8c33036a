#pragma once

/// @file
/// Logs of a run as callbacks for `fit`: CSV and JSON lines. Numbers read back exactly. Each epoch writes and flushes a
/// line. A run that resumes from a checkpoint continues its log; lines of repeated epochs are replaced.

#include <filesystem>
#include <string>
#include <string_view>

#include "heed/core/error.hpp"
#include "heed/core/types.hpp"
#include "heed/train/history.hpp"

namespace heed::inline HEED_ISA {

/// `text` as a JSON string in quotes. Bytes from 0x80 on (UTF-8) stay as they are.
std::string json_text(std::string_view text);

/// A CSV cell (RFC 4180): in quotes if it contains a comma, a quote or a line break.
std::string csv_text(std::string_view text);

/// A header, then one row per epoch. Missing values are empty cells; infinity is "inf". `run` adds a column with this
/// text in every row, to tell runs apart. Throws immediately if the file cannot be written.
Callback csv_logger(const std::filesystem::path& path, const std::string& run = {});

/// One JSON object per line, {"epoch":1,"loss":0.25,...}. Missing values are left out; numbers that JSON cannot express
/// are texts. `run` adds a member to every object. Throws as `csv_logger` does.
Callback json_logger(const std::filesystem::path& path, const std::string& run = {});

}  // namespace heed::inline HEED_ISA

#if HEED_BODIES

#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <fstream>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "heed/files/detail/system_error.hpp"
#include "heed/files/file.hpp"
#include "heed/options/metadata.hpp"

namespace heed::inline HEED_ISA {

namespace detail {

/// The columns of a record, in order. Numbers are text, empty if missing.
inline std::vector<std::pair<const char*, std::string>> log_columns(const EpochRecord& r) {
  const auto number = [](double value) { return std::isnan(value) ? std::string() : shortest_number(value); };
  return {{"epoch", std::to_string(r.epoch)},
          {"epochs", std::to_string(r.epochs)},
          {"loss", number(r.loss)},
          {"accuracy", number(r.accuracy)},
          {"validation_loss", number(r.validation_loss)},
          {"validation_accuracy", number(r.validation_accuracy)},
          {"test_loss", number(r.test_loss)},
          {"test_accuracy", number(r.test_accuracy)},
          {"learning_rate", number(r.learning_rate)},
          {"seconds", number(r.seconds)},
          {"sequences", std::to_string(r.sequences)}};
}

/// A text file that grows by a line per epoch.
class LogFile {
 public:
  /// `line(record)` gives a line; `epoch_of(line)` gives its epoch, 0 if it is not such a line.
  LogFile(std::filesystem::path path, std::string head, std::function<std::string(const EpochRecord&)> line,
          std::function<int(const std::string&)> epoch_of)
      : path_(std::move(path)), head_(std::move(head)), line_(std::move(line)), epoch_of_(std::move(epoch_of)) {
    check_writable(path_);
  }

  void write(const EpochRecord& record) {
    if (!file_.is_open() || record.epoch <= last_) begin(record.epoch);
    file_ << line_(record) << '\n' << std::flush;
    require(file_.good(), [&] { return Fault{"cannot write the log", path_.string(), {}, {}}; });
    last_ = record.epoch;
  }

 private:
  // keeps the lines of earlier epochs
  void begin(int epoch) {
    std::string kept = head_;
    if (epoch > 1 && type_of(path_) == std::filesystem::file_type::regular) {
      const std::vector<std::byte> bytes = read_file(path_);
      std::string_view before(reinterpret_cast<const char*>(bytes.data()), bytes.size());
      for (std::size_t end; (end = before.find('\n')) != std::string_view::npos; before.remove_prefix(end + 1)) {
        const std::string line(before.substr(0, end));
        const int e = epoch_of_(line);
        if (e > 0 && e < epoch) kept += line + '\n';
      }
    }
    file_.close();
    write_file(path_, kept);  // the file is never incomplete
    file_ = std::ofstream(path_, std::ios::binary | std::ios::app);
  }

  std::filesystem::path path_;
  std::string head_;
  std::function<std::string(const EpochRecord&)> line_;
  std::function<int(const std::string&)> epoch_of_;
  std::ofstream file_;
  int last_ = 0;
};

inline Callback log_callback(std::shared_ptr<LogFile> log) {
  return [log = std::move(log)](const EpochRecord& record) {
    log->write(record);
    return true;
  };
}

/// The number at the start of a text; 0 if there is none.
inline int leading_number(std::string_view text) {
  int value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

}  // namespace detail

HEED_COLD HEED_FUNCTION std::string json_text(std::string_view text) {
  std::string result = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      result += '\\';
      result += c;
    } else if (byte < 0x20) {
      char escaped[8];
      std::snprintf(escaped, sizeof escaped, "\\u%04x", byte);
      result += escaped;
    } else {
      result += c;
    }
  }
  return result + '"';
}

HEED_COLD HEED_FUNCTION std::string csv_text(std::string_view text) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) return std::string(text);
  std::string result = "\"";
  for (const char c : text) result += c == '"' ? "\"\"" : std::string(1, c);
  return result + '"';
}

HEED_COLD HEED_FUNCTION Callback csv_logger(const std::filesystem::path& path, const std::string& run) try {
  std::string head;
  for (const auto& [name, value] : detail::log_columns({})) head += (head.empty() ? "" : ",") + std::string(name);
  const std::string cell = run.empty() ? "" : "," + csv_text(run);
  require(run.find_first_of("\r\n") == std::string::npos,
          [] { return Fault{"the name of a run has more than one line", "csv_logger", {}, {}}; });
  const auto line = [cell](const EpochRecord& r) {
    std::string text;
    for (const auto& column : detail::log_columns(r)) text += (text.empty() ? "" : ",") + column.second;
    return text + cell;
  };
  return detail::log_callback(
      std::make_shared<detail::LogFile>(path, head + (run.empty() ? "" : ",run") + '\n', line,
                                        [](const std::string& text) { return detail::leading_number(text); }));
} catch (...) {
  detail::rethrow_as_error("csv_logger");
}

HEED_COLD HEED_FUNCTION Callback json_logger(const std::filesystem::path& path, const std::string& run) try {
  const std::string member = run.empty() ? "" : ",\"run\":" + json_text(run);
  const auto line = [member](const EpochRecord& r) {
    std::string text = "{";
    for (const auto& [name, value] : detail::log_columns(r)) {
      if (value.empty()) continue;
      const bool infinite = value.find("inf") != std::string::npos;
      text += (text.size() > 1 ? "," : "") + json_text(name) + ':' + (infinite ? json_text(value) : value);
    }
    return text + member + '}';
  };
  return detail::log_callback(std::make_shared<detail::LogFile>(path, "", line, [](const std::string& text) {
    constexpr std::string_view head = "{\"epoch\":";
    return text.starts_with(head) ? detail::leading_number(std::string_view(text).substr(head.size())) : 0;
  }));
} catch (...) {
  detail::rethrow_as_error("json_logger");
}

}  // namespace heed::inline HEED_ISA

#endif
