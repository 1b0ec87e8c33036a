#pragma once

// A JSON text as a tree, with limits: for formats whose files describe themselves in JSON.

#include <cmath>
#include <cstddef>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "heed/core/compiled.hpp"
#include "heed/core/detail/from_chars.hpp"
#include "heed/core/error.hpp"
#include "heed/core/types.hpp"
#include "heed/io/detail/json_text.hpp"
#include "heed/options/metadata.hpp"

namespace heed::inline HEED_ISA::detail {

struct JsonLimits {
  static constexpr std::size_t depth = 100;
  static constexpr std::size_t values = 200'000;  // a layer of Keras has some sixty
};

/// A value of a JSON text. What is asked for and is not there is `null`.
class JsonTree {
 public:
  enum class Kind { null, boolean, number, string, array, object };

  Kind kind = Kind::null;
  std::string text;                ///< of a string; a number and a boolean as written
  std::vector<JsonTree> items;     ///< of an array, or the values of an object
  std::vector<std::string> names;  ///< of an object

  bool is_null() const { return kind == Kind::null; }
  bool is_string() const { return kind == Kind::string; }
  bool is_array() const { return kind == Kind::array; }
  bool is_object() const { return kind == Kind::object; }
  bool is_true() const { return kind == Kind::boolean && text == "true"; }

  /// The member of an object; null if there is none.
  const JsonTree& operator[](std::string_view name) const;
  /// The element of an array; null if there is none.
  const JsonTree& operator[](std::size_t i) const { return is_array() && i < items.size() ? items[i] : nothing(); }

  /// The value for messages: a string in quotes, an array or an object by its kind.
  std::string shown() const;

 private:
  static const JsonTree& nothing() {
    static const JsonTree null;
    return null;
  }
};

HEED_COLD inline const JsonTree& JsonTree::operator[](std::string_view name) const {
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (names[i] == name) return items[i];
  }
  return nothing();
}

HEED_COLD inline std::string JsonTree::shown() const {
  switch (kind) {
    case Kind::null:
      return "null";
    case Kind::string:
      return quote(text);
    case Kind::array:
      return "an array of " + text_of(items.size());
    case Kind::object:
      return "an object";
    default:
      return text;
  }
}

/// Builds the tree. Nesting is limited, so that it needs no deep stack.
class JsonTreeReader {
 public:
  JsonTreeReader(std::string_view text, const std::string& where) : json_(text, where, 0), where_(where) {}

  JsonTree read() {
    JsonTree tree = value(json_.next(), 0);
    if (const JsonToken token = json_.next(); token != JsonToken::end) json_.refuse(token);
    return tree;
  }

 private:
  JsonTree value(JsonToken token, std::size_t depth) {
    require(depth < JsonLimits::depth, [&] {
      return Fault{"the JSON is nested too deeply", where_, "at most " + text_of(JsonLimits::depth) + " levels"};
    });
    require(++values_ <= JsonLimits::values,
            [&] { return Fault{"the JSON has too many values", where_, "at most " + text_of(JsonLimits::values)}; });
    JsonTree tree;
    switch (token) {
      case JsonToken::null:
        return tree;
      case JsonToken::boolean:
        tree.kind = JsonTree::Kind::boolean;
        tree.text = json_.value();
        return tree;
      case JsonToken::number:
      case JsonToken::string:
        tree.kind = token == JsonToken::number ? JsonTree::Kind::number : JsonTree::Kind::string;
        tree.text = json_.value();
        return tree;
      case JsonToken::begin_array:
        return array(depth);
      case JsonToken::begin_object:
        return object(depth);
      default:
        json_.refuse(token);
    }
  }

  JsonTree array(std::size_t depth) {
    JsonTree tree;
    tree.kind = JsonTree::Kind::array;
    for (JsonToken token = json_.next(); token != JsonToken::end_array; token = json_.next()) {
      if (!tree.items.empty()) token = after_comma(token);
      tree.items.push_back(value(token, depth + 1));
    }
    return tree;
  }

  JsonTree object(std::size_t depth) {
    JsonTree tree;
    tree.kind = JsonTree::Kind::object;
    std::set<std::string> names;
    for (JsonToken token = json_.next(); token != JsonToken::end_object; token = json_.next()) {
      if (!tree.items.empty()) token = after_comma(token);
      if (token != JsonToken::string) json_.refuse(token);
      tree.names.push_back(json_.value());
      require(names.insert(json_.value()).second,
              [&] { return Fault{"the same key twice", where_, {}, quote(json_.value())}; });
      if (token = json_.next(); token != JsonToken::colon) json_.refuse(token);
      tree.items.push_back(value(json_.next(), depth + 1));
    }
    return tree;
  }

  JsonToken after_comma(JsonToken token) {
    if (token != JsonToken::comma) json_.refuse(token);
    return json_.next();
  }

  JsonReader json_;
  const std::string& where_;
  std::size_t values_ = 0;
};

/// The tree of a JSON text; `where` names it in messages. Throws if it is not JSON or exceeds the limits.
HEED_COLD inline JsonTree json_tree(std::string_view text, const std::string& where) {
  return JsonTreeReader(text, where).read();
}

/// Sets `number` and returns true, if the value is a finite number.
HEED_COLD inline bool read_number(const JsonTree& value, double& number) {
  if (value.kind != JsonTree::Kind::number) return false;
  const char* const end = value.text.data() + value.text.size();
  const auto [last, code] = abi_detail::from_chars(value.text.data(), end, number);
  return code == std::errc() && last == end && std::isfinite(number);
}

}  // namespace heed::inline HEED_ISA::detail
