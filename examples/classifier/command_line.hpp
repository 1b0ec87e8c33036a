#pragma once

// Checks of numeric options. The messages follow the option's name.

#include <CLI/CLI.hpp>

#include <functional>
#include <string>

#include "heed/data/sentences.hpp"
#include "heed/data/text_table.hpp"

namespace classifier {

using NumberCheck = std::function<std::string(const std::string&)>;

/// A number in [first, end).
NumberCheck from_to_below(double first, double end);
/// A number in [first, last].
NumberCheck from_to(double first, double last);
/// A finite number above 0.
std::string positive(const std::string& text);
/// A finite number of at least 0.
std::string not_negative(const std::string& text);
/// An integer of at least 0. (CLI11 reads -1 as 2^64 - 1.)
std::string whole(const std::string& text);

/// The format of tables and text: --header, --delimiter, --decimal, --label-column, --index-column, --encoding.
void add_format(CLI::App& command, heed::TableFormat& format);
/// Adds --sequence-column, --time-column, --feature-columns.
void add_columns(CLI::App& command, heed::TableFormat& format);
/// What a file is that `add_format` may describe.
enum class FormatOf { table, text, other };
/// Throws if an option is given that says nothing about such a file.
void check_format(const heed::TableFormat& format, FormatOf what);
/// --header for a file of sentences.
heed::SentenceOptions::Header text_header(const heed::TableFormat& format);

/// Throws if an option contradicts the others: wrong usage.
void require_usage(bool ok, const std::string& option, const std::string& message);

}  // namespace classifier
