#pragma once

// The names of Keras' classes: an inner part of keras.hpp.

#include <algorithm>
#include <array>
#include <cctype>
#include <cstddef>
#include <string>
#include <string_view>

#include "heed/convert/detail/json_tree.hpp"
#include "heed/core/compiled.hpp"

namespace heed::inline HEED_ISA::detail {

/// `Conv1D` > conv1d, `SimpleRNN` > simple_rnn, `My_Layer` > my__layer: Keras' names for groups of weights.
HEED_COLD inline std::string keras_snake_case(std::string_view name) {
  const auto upper = [](char c) { return std::isupper(static_cast<unsigned char>(c)) != 0; };
  const auto lower = [](char c) { return std::islower(static_cast<unsigned char>(c)) != 0; };
  std::string words;  // an underscore before each capital that small letters follow
  for (std::size_t i = 0; i < name.size();) {
    words += name[i++];
    if (i + 1 >= name.size() || !upper(name[i]) || !lower(name[i + 1])) continue;
    words += '_';
    words += name[i++];
    while (i < name.size() && lower(name[i])) words += name[i++];
  }
  std::string text;  // and one before each capital behind a small letter
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i > 0 && upper(words[i]) && lower(words[i - 1])) text += '_';
    text += static_cast<char>(std::tolower(static_cast<unsigned char>(words[i])));
  }
  return text;
}

/// The class without the package that it is registered in: "mine>Score" > Score.
inline std::string keras_class(const std::string& name) { return name.substr(name.rfind('>') + 1); }

/// Whether this is a module of Keras.
inline bool is_keras_module(std::string_view module) {
  constexpr std::array<std::string_view, 4> own = {"keras", "tf_keras", "tensorflow.python.keras", "tensorflow.keras"};
  return std::any_of(own.begin(), own.end(), [&](std::string_view one) {
    return module == one || (module.starts_with(one) && module[one.size()] == '.');
  });
}

/// Whether a description is of a class of one's own, whatever its name. Files without modules, as `.h5` are, do not say
/// so, except of registered classes.
HEED_COLD inline bool is_keras_user_class(const JsonTree& layer) {
  const JsonTree &module = layer["module"], &registered = layer["registered_name"];
  const auto of_package = [](const std::string& name) {
    return name.find('>') != std::string::npos && !name.starts_with("Keras>");
  };
  if (of_package(layer["class_name"].text) || of_package(registered.text)) return true;
  if (module.is_string()) return !is_keras_module(module.text);
  return registered.is_string();
}

inline bool is_keras_attention(std::string_view name) {
  return name == "Attention" || name == "AdditiveAttention" || name == "MultiHeadAttention";
}

}  // namespace heed::inline HEED_ISA::detail
