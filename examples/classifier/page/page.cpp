#include "page.hpp"

#include "../../support/html.hpp"
#include "heed/core/isa.hpp"
#include "heed/version.hpp"
#include "style.hpp"

#define HEED_PAGE_TEXT_OF(name) #name
#define HEED_PAGE_TEXT(name) HEED_PAGE_TEXT_OF(name)

namespace classifier::page {

using support::html;

std::string Page::text() const {
  std::string page =
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
      "<meta name=\"generator\" content=\"heed " +
      version_of_heed() + "\">\n<title>" + html(title) + "</title>\n<style>" + std::string(style) +
      "</style>\n</head>\n<body>\n<header>\n<h1>" + html(title) + "</h1>\n<p class=\"plan\">" + html(model) +
      "</p>\n<p>" + html(data) + "</p>\n<dl class=\"tiles\">";
  for (const auto& [name, value] : tiles) {
    page += "<div><dt>" + html(name) + "</dt><dd>" + html(value) + "</dd></div>";
  }
  page += "</dl>\n<nav aria-label=\"Parts of the report\"><ul>";
  for (const Section& s : sections) page += "<li><a href=\"#" + s.id + "\">" + html(s.title) + "</a></li>";
  page += "</ul></nav>\n</header>\n<main>\n";
  for (const Section& s : sections) {
    page += "<section aria-labelledby=\"" + s.id + "\">\n<h2 id=\"" + s.id + "\">" + html(s.title) + "</h2>\n" +
            s.body + "</section>\n";
  }
  return page + "</main>\n<footer>Made by classifier report of heed " + version_of_heed() +
         ". This file needs no other, and no network.</footer>\n</body>\n</html>\n";
}

std::string version_of_heed() {
  return std::to_string(HEED_VERSION_MAJOR) + "." + std::to_string(HEED_VERSION_MINOR) + "." +
         std::to_string(HEED_VERSION_PATCH);
}

std::string compiler() {
#if defined(__clang__)
  return "clang " __clang_version__;
#elif defined(__GNUC__)
  return "GCC " __VERSION__;
#else
  return "unknown";
#endif
}

std::string instruction_set() {
  const std::string name = HEED_PAGE_TEXT(HEED_ISA);  // "avx512_v0_1"
  return name.substr(0, name.find("_v"));
}

Section origin_section(const Origin& origin) {
  const auto rows = [](const std::vector<std::pair<std::string, std::string>>& all) {
    std::string text;
    for (const auto& [name, value] : all) {
      text += "<tr>" + support::row_head(html(name)) + support::cell(html(value)) + "</tr>\n";
    }
    return text;
  };
  std::vector<std::pair<std::string, std::string>> versions = origin.files;
  versions.insert(versions.end(),
                  {{"heed", version_of_heed()}, {"compiler", compiler()}, {"instruction set", instruction_set()}});
  const std::string head = support::column_head("what") + support::column_head("value");
  return {"origin", "Commands and versions",
          "<p>This page was written by:</p>\n<pre><code>" + html(origin.command) + "</code></pre>\n" +
              support::table("Files and versions", head, rows(versions), "facts") +
              support::table("Options of the model", support::column_head("option") + support::column_head("value"),
                             rows(origin.options), "facts")};
}

}  // namespace classifier::page
