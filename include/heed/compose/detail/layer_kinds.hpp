#pragma once

// A closed set of layers with their names, and layers as text.

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>

#include "heed/core/compiled.hpp"
#include "heed/core/types.hpp"
#include "heed/options/fields.hpp"

namespace heed::inline HEED_ISA {

namespace detail {

template <std::size_t N>
struct KindName {
  char text[N] = {};
  constexpr KindName(const char (&t)[N]) { std::copy_n(t, N, text); }
  constexpr std::string_view view() const { return {text, N - 1}; }
};

/// A layer with its name in files.
template <class L, KindName name_>
struct LayerKind {
  using Layer = L;
  static constexpr std::string_view name = name_.view();
};

template <class... Kinds>
struct LayerKinds {
  using Layer = std::variant<typename Kinds::Layer...>;
  using Cache = std::variant<std::monostate, typename Kinds::Layer::Cache...>;
  static constexpr std::array<std::string_view, sizeof...(Kinds)> names{Kinds::name...};

  template <class L>
  static constexpr bool contains = (std::is_same_v<L, typename Kinds::Layer> || ...);
  template <class L>
  static constexpr std::size_t index() {
    std::size_t i = 0;
    static_cast<void>(((std::is_same_v<L, typename Kinds::Layer> || (++i, false)) || ...));
    return i;
  }
  /// Calls f(the layer's kind) for the kind of this index.
  template <class F>
  static void with(std::size_t index, F&& f) {
    std::size_t i = 0;
    static_cast<void>(((i++ == index && (f(Kinds()), true)) || ...));
  }
};

/// A layer that `layer_text` can write: it has no options, or `Options` that describe themselves and `options()`.
template <class L>
concept DescribedLayer = !requires { typename L::Options; } || requires(const L& layer) {
  requires Described<typename L::Options>;
  { layer.options() } -> std::same_as<typename L::Options>;
};

/// A layer's name and options, as in "lstm hidden_size=32 input_size=5".
struct LayerText {
  std::string kind;
  Metadata options;
};
/// Throws if the text has not this form.
LayerText parse_layer(std::string_view text);
std::string written(const LayerText& text);
/// Throws if an option is not one of these fields.
void check_option_names(const FieldTable& fields, const Metadata& options);
[[noreturn]] void throw_different_kinds(std::string_view first, std::string_view other);
[[noreturn]] void throw_no_stream(std::string_view kind);

template <DescribedLayer L>
Metadata layer_options([[maybe_unused]] const L& layer) {
  if constexpr (requires { typename L::Options; }) {
    return to_metadata(layer.options());
  } else {
    return {};
  }
}

template <DescribedLayer L>
L layer_from(const Metadata& options) {
  if constexpr (requires { typename L::Options; }) {
    typename L::Options o;
    check_option_names(heed::fields_of(o), options);
    return L(from_metadata<typename L::Options>(options));
  } else {
    check_option_names({}, options);
    return L();
  }
}

}  // namespace detail

}  // namespace heed::inline HEED_ISA

#if HEED_BODIES

#include "heed/core/error.hpp"
#include "heed/options/metadata.hpp"

namespace heed::inline HEED_ISA {

namespace detail {

HEED_COLD HEED_FUNCTION LayerText parse_layer(std::string_view text) {
  LayerText parsed;
  std::string_view rest = text;
  const auto word = [&] {
    const std::size_t length = std::min(rest.find(' '), rest.size());
    const std::string_view first = rest.substr(0, length);
    rest.remove_prefix(std::min(length + 1, rest.size()));
    return first;
  };
  parsed.kind = word();
  while (!rest.empty()) {
    const std::string_view option = word();
    const std::size_t equals = option.find('=');
    const bool fits = equals != std::string_view::npos && equals > 0;
    const bool first = fits && parsed.options.emplace(option.substr(0, equals), option.substr(equals + 1)).second;
    require(first, [&] {
      return Fault{fits ? "an option stands twice" : "wrong value", "a layer", "KIND NAME=VALUE ...", quote(text)};
    });
  }
  return parsed;
}

HEED_COLD HEED_FUNCTION std::string written(const LayerText& text) {
  std::string all = text.kind;
  for (const auto& [name, value] : text.options) all += ' ' + name + '=' + value;
  return all;
}

HEED_COLD HEED_FUNCTION void check_option_names(const FieldTable& fields, const Metadata& options) {
  for (const auto& option : options) {
    require(fields.find(option.first) != nullptr,
            [&] { return metadata_fault("no option of this name", option.first); });
  }
}

HEED_COLD HEED_FUNCTION void throw_different_kinds(std::string_view first, std::string_view other) {
  throw Error(Fault{"layers of different kinds side by side", "AnyLayer", first, other});
}

HEED_COLD HEED_FUNCTION void throw_no_stream(std::string_view kind) {
  throw Error(Fault{"the layer needs all steps of a sequence: it cannot run a step at a time", kind, {}, {}});
}

}  // namespace detail

}  // namespace heed::inline HEED_ISA

#endif
