#pragma once

// The options of a layer in a Keras file, checked: an inner part of keras.hpp.

#include <cmath>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

#include "heed/convert/detail/json_tree.hpp"
#include "heed/core/compiled.hpp"
#include "heed/core/error.hpp"
#include "heed/core/types.hpp"
#include "heed/options/metadata.hpp"

namespace heed::inline HEED_ISA::detail {

/// Reads options by name. An option that is absent or null has Keras' default.
class KerasConfig {
 public:
  KerasConfig(const JsonTree& config, std::string where) : config_(config), where_(std::move(where)) {}

  const std::string& where() const { return where_; }
  const JsonTree& operator[](std::string_view name) const { return config_[name]; }

  [[noreturn]] HEED_COLD void refuse(std::string_view what, std::string_view expected = {},
                                     std::string_view got = {}) const {
    throw Error(Fault{what, where_, expected, got});
  }

  bool flag(std::string_view name, bool otherwise) const {
    const JsonTree& value = config_[name];
    if (value.is_null()) return otherwise;
    if (value.kind != JsonTree::Kind::boolean) wrong(name, "true or false", value);
    return value.is_true();
  }
  /// Throws if the flag is set.
  void refuse_flag(std::string_view name) const {
    if (flag(name, false)) refuse("an option that heed does not have", std::string(name) + " false", "true");
  }

  /// A size: of one dimension, also as [3].
  Index size(std::string_view name, Index otherwise = 0) const {
    const JsonTree& given = config_[name];
    const bool listed = given.is_array() && given.items.size() == 1;
    const JsonTree& value = listed ? given[std::size_t{0}] : given;
    if (value.is_null() && otherwise > 0) return otherwise;
    double number = 0;
    constexpr double most = 1 << 24;
    if (!read_number(value, number) || !(number >= 1) || number > most || number != std::floor(number)) {
      wrong(name, "a whole number from 1", given);
    }
    return static_cast<Index>(number);
  }

  double number(std::string_view name, double otherwise) const {
    const JsonTree& value = config_[name];
    double result = otherwise;
    if (!value.is_null() && !read_number(value, result)) wrong(name, "a number", value);
    return result;
  }

  std::string text(std::string_view name, std::string_view otherwise) const {
    const JsonTree& value = config_[name];
    if (value.is_null()) return std::string(otherwise);
    if (!value.is_string()) wrong(name, "a name", value);
    return value.text;
  }
  /// The text, which must be one of these; the first is the default.
  std::string text_of(std::string_view name, std::initializer_list<std::string_view> choices) const {
    const std::string value = text(name, *choices.begin());
    std::string expected;
    for (const std::string_view choice : choices) {
      if (value == choice) return value;
      expected += (expected.empty() ? "" : " or ") + std::string(choice);
    }
    refuse("an option that heed does not have", std::string(name) + ' ' + expected, quote(value));
  }

  /// An activation: its name; of a layer as activation, the layer.
  std::pair<std::string, const JsonTree*> activation(std::string_view name) const {
    const JsonTree& value = config_[name];
    if (value.is_null()) return {"linear", nullptr};
    if (value.is_string()) return {value.text, nullptr};
    const JsonTree& class_name = value["class_name"];
    if (!class_name.is_string()) wrong(name, "the name of an activation", value);
    if (class_name.text == "function") return {value["config"].text, nullptr};
    return {class_name.text, &value["config"]};
  }

 private:
  [[noreturn]] HEED_COLD void wrong(std::string_view name, std::string_view expected, const JsonTree& value) const {
    refuse("wrong value of " + std::string(name), expected, value.shown());
  }

  const JsonTree& config_;
  std::string where_;
};

}  // namespace heed::inline HEED_ISA::detail
