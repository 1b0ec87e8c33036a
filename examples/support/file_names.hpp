#pragma once

// Names of files that programs write: one that says another format is an error, before anything is computed.

#include <CLI/CLI.hpp>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace support {

/// Whether there is a file that can be read again and again: no pipe, no device.
inline bool is_regular(const std::filesystem::path& path) {
  std::error_code none;
  return std::filesystem::is_regular_file(path, none);
}

/// Files of one format.
struct FileKind {
  std::string what;                          // is written
  std::vector<std::string_view> extensions;  // that say its format
  bool other_names = true;                   // none, or one that says no other format, will do
};

inline const FileKind model_file{"a model is written as a safetensors file", {".safetensors"}};
inline const FileKind checkpoint_file{"a checkpoint is written as a safetensors file", {".safetensors", ".ckpt"}};
inline const FileKind history_file{"a history is written as a table", {".csv"}};
inline const FileKind log_file{"a log is written as it grows", {".csv", ".jsonl"}, false};
inline const FileKind page_file{"a report is written as a page", {".html", ".htm"}};
inline const FileKind answer_file{"an output is an array or a table", {".npy", ".csv"}, false};

inline std::string lower_extension(const std::string& path) {
  std::string extension = std::filesystem::path(path).extension().string();
  for (char& c : extension) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return extension;
}

/// Whether files of that extension have a format that is known, heed's or another program's.
inline bool says_a_format(std::string_view extension) {
  static constexpr std::array<std::string_view, 48> known = {
      ".safetensors", ".pt",   ".pth",   ".bin",     ".ckpt",    ".onnx", ".h5",   ".hdf5",  ".keras", ".pkl",
      ".pickle",      ".pb",   ".gguf",  ".tflite",  ".joblib",  ".npy",  ".npz",  ".csv",   ".tsv",   ".ts",
      ".arff",        ".json", ".jsonl", ".ndjson",  ".yaml",    ".yml",  ".toml", ".xml",   ".html",  ".htm",
      ".md",          ".xls",  ".xlsx",  ".parquet", ".feather", ".mat",  ".png",  ".jpg",   ".jpeg",  ".gif",
      ".svg",         ".pdf",  ".bmp",   ".zip",     ".gz",      ".tar",  ".db",   ".sqlite"};
  return std::find(known.begin(), known.end(), extension) != known.end();
}

/// Empty where such a file may have that name, otherwise what is wrong: for CLI11.
inline std::string wrong_name(const FileKind& kind, const std::string& path) {
  const std::string extension = lower_extension(path);
  const bool own = std::find(kind.extensions.begin(), kind.extensions.end(), extension) != kind.extensions.end();
  if (own || (kind.other_names && !says_a_format(extension))) return {};
  std::string names;
  for (const std::string_view name : kind.extensions) names += (names.empty() ? "" : " or ") + std::string(name);
  return kind.what + ", named " + names + "; got " + path;
}

/// Checks the name of the file that an option says.
inline void check_name(CLI::Option* option, const FileKind& kind) {
  option->check([&kind](const std::string& path) { return wrong_name(kind, path); });
}

/// The same where the file may also be read: one that heed has written may have any name.
inline void check_name_unless_read(CLI::Option* option, const FileKind& kind) {
  option->check([&kind](const std::string& path) {
    std::ifstream file;
    if (is_regular(path)) file.open(path, std::ios::binary);  // a pipe gives its bytes once
    char head[9] = {};
    const bool safetensors = file.is_open() && file.read(head, sizeof head) && head[8] == '{';
    return safetensors ? std::string() : wrong_name(kind, path);
  });
}

}  // namespace support
