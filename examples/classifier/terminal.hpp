#pragma once

// What standard output is, and how colours look there.

#include <cstdio>
#include <string>
#include <string_view>

namespace classifier {

bool is_terminal(std::FILE* stream);

/// Columns of the terminal on standard output; 80 where it does not say.
int terminal_width();

/// What standard output can show: nothing but text where NO_COLOR is set (https://no-color.org) or TERM is dumb.
enum class Colours { none, indexed, full };
Colours terminal_colours();

/// The text as a terminal may show it: control characters, which a file's labels may hold, are question marks.
std::string printable(std::string_view text);

/// The same, cut and filled to a number of columns (characters of UTF-8).
std::string column(std::string_view text, int width);

/// Columns that a text takes.
int columns_of(std::string_view text);

/// The words of a text in lines of at most `width` columns, each with its end; `indent` blanks before each.
std::string wrapped(std::string_view text, int width, int indent);

}  // namespace classifier
