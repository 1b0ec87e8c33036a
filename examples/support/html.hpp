#pragma once

// Text and numbers in pages of HTML.

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <string>
#include <string_view>

#include "terminal.hpp"

namespace support {

/// The text as HTML and SVG may hold it, between tags and between quotes. What is no printable character is a question
/// mark, as on terminals.
inline std::string html(std::string_view text) {
  std::string result;
  for (const char c : printable(text)) {
    switch (c) {
      case '&':
        result += "&amp;";
        break;
      case '<':
        result += "&lt;";
        break;
      case '>':
        result += "&gt;";
        break;
      case '"':
        result += "&quot;";
        break;
      case '\'':
        result += "&#39;";
        break;
      default:
        result += c;
    }
  }
  return result;
}

/// At most so many characters of a text; a longer one ends with an ellipsis.
inline std::string cut(std::string_view text, int most) {
  if (columns_of(text) <= most) return std::string(text);
  std::string start = column(text, std::max(most - 1, 1));
  return start.erase(start.find_last_not_of(' ') + 1) + "…";
}

/// "0.4123", "12.5", "1.2e-05", "–" of NaN.
inline std::string short_number(double value, int digits = 4) {
  if (std::isnan(value)) return "–";
  if (std::isinf(value)) return value < 0 ? "−∞" : "∞";
  char text[40];
  std::snprintf(text, sizeof text, "%.*g", digits, value == 0 ? 0.0 : value);
  return text;
}
/// With so many digits behind the point.
inline std::string fixed_number(double value, int digits) {
  if (!std::isfinite(value)) return short_number(value);
  char text[400];
  std::snprintf(text, sizeof text, "%.*f", digits, value);
  const std::string_view all(text);
  const bool zero = all.find_first_not_of("-0.") == std::string_view::npos;
  return std::string(zero && all.starts_with('-') ? all.substr(1) : all);
}
/// "93.4 %"
inline std::string percent(double share, int digits = 1) {
  return std::isfinite(share) ? fixed_number(100 * share, digits) + " %" : short_number(share);
}

/// Which letters are legible on a part of a shade, as the page's style knows them.
inline std::string shade_class(double part) { return part >= 0.78 ? " deep" : part >= 0.55 ? " middle" : ""; }

/// What a table's cells hold: text that is HTML already.
inline std::string cell(const std::string& text) { return "<td>" + text + "</td>"; }
inline std::string row_head(const std::string& text) { return "<th scope=\"row\">" + text + "</th>"; }
inline std::string column_head(const std::string& text) { return "<th scope=\"col\">" + text + "</th>"; }

/// The head of a column of numbers.
inline std::string number_head(const std::string& text) {
  return "<th scope=\"col\" class=\"number\">" + text + "</th>";
}

/// A part of the page that may be wider than it, and scrolls by itself, by keys too.
inline std::string scrolling(const std::string& inside, std::string_view label) {
  return "<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"" + html(label) + "\">" + inside +
         "</div>\n";
}
/// A table with a caption, in a box of its own.
inline std::string table(std::string_view caption, const std::string& head, const std::string& rows,
                         std::string_view kind = "") {
  const std::string name = kind.empty() ? "" : " class=\"" + std::string(kind) + "\"";
  return scrolling("<table" + name + "><caption>" + html(caption) + "</caption>\n" +
                       (head.empty() ? "" : "<thead><tr>" + head + "</tr></thead>\n") + "<tbody>\n" + rows +
                       "</tbody></table>",
                   caption);
}

/// A picture with what stands below it.
inline std::string figure(const std::string& picture, const std::string& caption) {
  return "<figure>" + picture + "<figcaption>" + caption + "</figcaption></figure>\n";
}

}  // namespace support
