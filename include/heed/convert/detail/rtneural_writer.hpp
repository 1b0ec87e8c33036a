#pragma once

/// @file
/// Writes RTNeural's JSON: an inner part of rtneural_file.hpp.

#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "heed/convert/detail/rtneural_file.hpp"
#include "heed/core/compiled.hpp"
#include "heed/core/error.hpp"
#include "heed/core/types.hpp"
#include "heed/io/detail/json_text.hpp"

namespace heed::inline HEED_ISA {

namespace detail {

/// A finite number as Python's `repr` writes it: the shortest digits that give it again, with a point or an exponent.
inline std::string python_number(double value) {
  char buffer[32];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::scientific).ptr;
  const std::string_view all(buffer, static_cast<std::size_t>(end - buffer));
  const std::size_t e = all.find('e');
  const int exponent = std::atoi(std::string(all.substr(e + 1)).c_str());
  std::string sign = all[0] == '-' ? "-" : "", digits;
  for (const char c : all.substr(0, e)) {
    if (c >= '0' && c <= '9') digits += c;
  }
  if (exponent < -4 || exponent >= 16) {
    std::string text = sign + digits.substr(0, 1);
    if (digits.size() > 1) text += '.' + digits.substr(1);
    return text + std::string(all.substr(e));
  }
  if (exponent < 0) return sign + "0." + std::string(static_cast<std::size_t>(-exponent - 1), '0') + digits;
  const auto whole = static_cast<std::size_t>(exponent) + 1;
  if (digits.size() < whole) digits.append(whole - digits.size(), '0');
  return sign + digits.substr(0, whole) + '.' + (digits.size() > whole ? digits.substr(whole) : "0");
}

/// As json.dump(..., indent=4) of Python.
class RtNeuralWriter {
 public:
  std::string text;

  void write(const RtNeuralFile& file) {
    open('{');
    key("in_shape");
    write_shape(file.in);
    key("layers");
    open('[');
    for (std::size_t i = 0; i < file.layers.size(); ++i) {
      check_finite(file.layers[i], i);
      write_layer(file.layers[i]);
    }
    close(']');
    close('}');
  }

 private:
  static void check_finite(const RtNeuralLayer& layer, std::size_t place) {
    for (std::size_t w = 0; w < layer.weights.size(); ++w) {
      for (const double number : layer.weights[w].numbers) {
        require(std::isfinite(number), [&] {
          return Fault{"a number is not finite: the file is not written",
                       "layers[" + text_of(place) + "].weights[" + text_of(w) + ']',
                       {},
                       text_of(number)};
        });
      }
    }
  }

  void write_layer(const RtNeuralLayer& layer) {
    next();
    open('{');
    key("type");
    text += json_string(layer.type).value_or("");
    key("activation");
    text += json_string(layer.activation).value_or("");
    key("shape");
    write_shape(layer.out);
    if (layer.kernel_size > 0) {
      key("kernel_size");
      write_list({layer.kernel_size});
      key("dilation");
      write_list({layer.dilation});
      key("groups");
      text += text_of(layer.groups);
    }
    if (layer.epsilon) {
      key("epsilon");
      text += python_number(*layer.epsilon);
    }
    key("weights");
    open('[');
    for (const RtNeuralArray& array : layer.weights) {
      std::size_t at = 0;
      next();
      write_axis(array, 0, at);
    }
    close(']');
    close('}');
  }

  void write_axis(const RtNeuralArray& array, std::size_t axis, std::size_t& at) {
    open('[');
    for (Index i = 0; i < array.extents[axis]; ++i) {
      next();
      if (axis + 1 < array.extents.size()) {
        write_axis(array, axis + 1, at);
      } else {
        text += python_number(array.numbers[at++]);
      }
    }
    close(']');
  }

  void write_shape(Index features) { write_list({0, 0, features}); }
  // 0: null
  void write_list(const std::vector<Index>& sizes) {
    open('[');
    for (const Index size : sizes) {
      next();
      text += size ? text_of(size) : "null";
    }
    close(']');
  }

  void key(std::string_view name) {
    next();
    ((text += '"') += name) += "\": ";
  }
  void open(char bracket) {
    text += bracket;
    ++depth_;
    first_ = true;
  }
  void close(char bracket) {
    --depth_;
    if (!first_) new_line();
    text += bracket;
    first_ = false;
  }
  void next() {
    if (!first_) text += ',';
    first_ = false;
    new_line();
  }
  void new_line() { (text += '\n').append(4 * depth_, ' '); }

  std::size_t depth_ = 0;
  bool first_ = true;  // nothing stands behind the last bracket
};

}  // namespace detail

}  // namespace heed::inline HEED_ISA

#if HEED_BODIES

namespace heed::inline HEED_ISA {

HEED_COLD HEED_FUNCTION std::string detail::write_rtneural(const RtNeuralFile& file) {
  RtNeuralWriter writer;
  writer.write(file);
  return std::move(writer.text);
}

}  // namespace heed::inline HEED_ISA

#endif
