#pragma once

// What holds for a page of HTML that needs nothing but itself.

#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace test_support {

/// A tag of a page: its name, and what stands behind it.
struct Tag {
  std::string name, rest;
  bool closes = false, alone = false;
};

/// All tags, in order. What stands between them has no < and no >.
inline std::vector<Tag> tags_of(std::string_view page) {
  std::vector<Tag> tags;
  for (std::size_t at = page.find('<'); at != std::string_view::npos; at = page.find('<', at)) {
    std::size_t end = at + 1;
    for (bool quoted = false; end < page.size() && (quoted || page[end] != '>'); ++end) quoted ^= page[end] == '"';
    std::string_view inside = page.substr(at + 1, end - at - 1);
    at = end + 1;
    Tag tag;
    if (tag.closes = inside.starts_with('/'); tag.closes) inside.remove_prefix(1);
    if (tag.alone = inside.ends_with('/'); tag.alone) inside.remove_suffix(1);
    const std::size_t name = std::min(inside.find_first_of(" \n"), inside.size());
    tag.name = inside.substr(0, name);
    tag.rest = inside.substr(name);
    tags.push_back(tag);
    if (tag.name == "style" && !tag.closes) at = page.find("</style>", at);
  }
  return tags;
}

/// The value of an attribute; empty where there is none.
inline std::string attribute(const Tag& tag, const std::string& name) {
  const std::string start = ' ' + name + "=\"";
  const std::size_t at = tag.rest.find(start);
  if (at == std::string::npos) return {};
  const std::size_t from = at + start.size();
  return tag.rest.substr(from, tag.rest.find('"', from) - from);
}

/// Expects tags that close in order, ids that are unique, links that lead somewhere, headings in order, heads in
/// tables, titles in pictures, and nothing that is fetched from elsewhere or runs.
inline void expect_good_page(const std::string& page) {
  static const std::set<std::string> empty{"!DOCTYPE", "meta", "br", "hr", "input", "img"};
  std::vector<std::string> open;
  std::set<std::string> ids, links;
  int heading = 0, first_headings = 0, tables = 0, heads = 0;
  for (const Tag& tag : tags_of(page)) {
    EXPECT_TRUE(tag.name != "script" && tag.name != "link" && tag.name != "iframe" && tag.name != "img") << tag.name;
    if (tag.closes) {
      ASSERT_FALSE(open.empty()) << tag.name;
      ASSERT_EQ(open.back(), tag.name);
      open.pop_back();
      continue;
    }
    if (!tag.alone && !empty.contains(tag.name)) open.push_back(tag.name);
    if (const std::string id = attribute(tag, "id"); !id.empty()) {
      EXPECT_TRUE(ids.insert(id).second) << id;
    }
    if (tag.name == "a") links.insert(attribute(tag, "href"));
    if (tag.name == "html") {
      EXPECT_EQ(attribute(tag, "lang"), "en");
    }
    if (tag.name == "th") {
      EXPECT_FALSE(attribute(tag, "scope").empty());
    }
    if (tag.name == "svg") {
      EXPECT_EQ(attribute(tag, "role"), "img");
    }
    tables += tag.name == "table";
    heads += tag.name == "caption";
    if (tag.name.size() == 2 && tag.name[0] == 'h' && std::isdigit(static_cast<unsigned char>(tag.name[1]))) {
      const int level = tag.name[1] - '0';
      EXPECT_LE(level, heading + 1) << "h" << level << " below h" << heading;
      heading = level;
      first_headings += level == 1;
    }
    for (const char* number : {"x", "y", "x1", "x2", "y1", "y2", "cx", "cy", "width", "height", "d", "points"}) {
      const std::string value = attribute(tag, number);
      EXPECT_TRUE(value.find("nan") == std::string::npos && value.find("inf") == std::string::npos &&
                  value.find("–") == std::string::npos)
          << tag.name << tag.rest;
    }
  }
  EXPECT_TRUE(open.empty());
  EXPECT_EQ(first_headings, 1);
  EXPECT_EQ(tables, heads) << "each table has a caption";
  for (const std::string& link : links) EXPECT_TRUE(link.starts_with('#') && ids.contains(link.substr(1))) << link;
  for (const char* outside : {"http:", "https:", "url(", "@import", "src=", "javascript:"}) {
    EXPECT_EQ(page.find(outside), std::string::npos) << outside;
  }
  const auto count = [&](std::string_view what) {
    int n = 0;
    for (std::size_t at = page.find(what); at != std::string::npos; at = page.find(what, at + 1)) ++n;
    return n;
  };
  EXPECT_EQ(count("<svg "), count("<desc>"));
  EXPECT_LT(page.size(), 2'000'000U);
}

/// The text of a page's section, by its heading's id; empty where there is none.
inline std::string section_of(const std::string& page, const std::string& id) {
  const std::size_t at = page.find("<section aria-labelledby=\"" + id + "\">");
  return at == std::string::npos ? "" : page.substr(at, page.find("</section>", at) - at);
}

}  // namespace test_support
