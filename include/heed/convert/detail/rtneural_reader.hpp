#pragma once

/// @file
/// Parses RTNeural's JSON: an inner part of rtneural_file.hpp.

#include <cmath>
#include <cstddef>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "heed/convert/detail/rtneural_file.hpp"
#include "heed/core/compiled.hpp"
#include "heed/core/error.hpp"
#include "heed/core/types.hpp"
#include "heed/io/detail/json_text.hpp"
#include "heed/options/metadata.hpp"

namespace heed::inline HEED_ISA {

namespace detail {

/// Each value must have the kind that its place requires. A value that has no meaning here may nest 64 deep.
class RtNeuralReader {
 public:
  /// `file` names the text and must outlive this object.
  RtNeuralReader(std::string_view text, const std::string& file, std::size_t offset = 0)
      : text_(text), json_(text, file, offset, "the file"), file_(file), offset_(offset) {}

  RtNeuralFile read() {
    RtNeuralFile file;
    std::vector<Member> others;
    expect(json_.next(), JsonToken::begin_object);
    each_member("", [&](const std::string& key) {
      if (key == "layers") return read_layers(file.layers);
      if (key == "in_shape") return static_cast<void>(file.in = read_shape());
      if (others.size() == most_rtneural_tensors) fail("too many entries", "at most 10000");
      const std::size_t begin = json_.position();
      skip(json_.next());
      others.push_back({key, begin, json_.position()});
    });
    expect(json_.next(), JsonToken::end);
    place_.clear();
    if (known_.contains("layers")) {
      if (!known_.contains("in_shape")) fail("missing key", "in_shape");
      return file;
    }
    if (known_.contains("in_shape")) fail("missing key", "layers");
    // a module of PyTorch: every entry is a tensor
    for (const Member& m : others) {
      RtNeuralReader tensor(text_.substr(m.begin, m.end - m.begin), file_, m.begin);
      tensor.place_ = m.name;
      tensor.read_array(file.tensors.emplace_back(m.name, RtNeuralArray()).second);
    }
    return file;
  }

 private:
  struct Member {
    std::string name;
    std::size_t begin, end;  // of the value's text
  };

  void read_layers(std::vector<RtNeuralLayer>& layers) {
    expect_value(JsonToken::begin_array, "an array of layers");
    each_element([&](JsonToken token) {
      if (layers.size() == most_rtneural_layers) fail("too many layers", "at most 1024");
      place_ = "layers[" + text_of(layers.size()) + ']';
      if (token != JsonToken::begin_object) fail("a value of another kind", "an object");
      read_layer(layers.emplace_back());
    });
  }

  void read_layer(RtNeuralLayer& layer) {
    const std::string place = place_;
    std::set<std::string> outer;
    known_.swap(outer);
    each_member(place + '.', [&](const std::string& key) { read_member(layer, key); });
    place_ = place;
    for (const char* key : {"type", "shape", "weights"}) {
      const bool optional = key == std::string_view("weights") && layer.type == "activation";
      if (!optional && !known_.contains(key)) fail("missing key", key);
    }
    known_.swap(outer);
  }

  void read_member(RtNeuralLayer& layer, const std::string& key) {
    if (key == "type" || key == "activation") {
      expect_value(JsonToken::string, "a text");
      (key == "type" ? layer.type : layer.activation) = json_.value();
    } else if (key == "shape") {
      layer.out = read_shape();
    } else if (key == "weights") {
      read_weights(layer.weights);
    } else if (key == "kernel_size") {
      layer.kernel_size = read_size();
    } else if (key == "dilation") {
      layer.dilation = read_size();
    } else if (key == "groups") {
      layer.groups = read_size();
    } else if (key == "strides") {
      if (const Index strides = read_size(); strides != 1) fail("not supported", "1", text_of(strides));
    } else if (key == "padding") {
      expect_value(JsonToken::string, "a text");
      if (json_.value() != "causal") fail("not supported", "causal", quote(json_.value()));
    } else if (key == "epsilon") {
      expect_value(JsonToken::number, "a number");
      layer.epsilon = number();
    } else if (key == "name") {
      skip(json_.next());
    } else {
      fail("unknown key", "type, activation, shape, weights, kernel_size, dilation, groups or epsilon");
    }
  }

  void read_weights(std::vector<RtNeuralArray>& weights) {
    expect_value(JsonToken::begin_array, "an array of arrays");
    const std::string place = place_;
    each_element([&](JsonToken token) {
      if (weights.size() == most_rtneural_weights) fail("too many arrays", "at most 8");
      place_ = place + '[' + text_of(weights.size()) + ']';
      if (token != JsonToken::begin_array) fail("a value of another kind", "an array");
      read_elements(weights.emplace_back());
    });
    place_ = place;
  }

  void read_array(RtNeuralArray& array) {
    expect_value(JsonToken::begin_array, "an array");
    read_elements(array);
    expect(json_.next(), JsonToken::end);
  }

  // behind the bracket
  void read_elements(RtNeuralArray& array) {
    std::size_t rank = 0;
    read_axis(array, 0, rank);
  }

  // `rank`: the axes of the array, known from the first number on
  void read_axis(RtNeuralArray& array, std::size_t axis, std::size_t& rank) {
    if (axis == most_rtneural_axes) fail("too many axes", "at most 4");
    Index count = 0;
    each_element([&](JsonToken token) {
      ++count;
      if (token == JsonToken::begin_array) {
        if (rank != 0 && axis + 1 >= rank) fail("an array among numbers", "a number");
        return read_axis(array, axis + 1, rank);
      }
      if (token != JsonToken::number) fail("a value of another kind", "a number");
      if (rank == 0) rank = axis + 1;
      if (rank != axis + 1) fail("a number among arrays", "an array");
      array.numbers.push_back(number());
    });
    if (array.extents.size() <= axis) array.extents.resize(axis + 1, -1);
    Index& extent = array.extents[axis];
    if (extent < 0) extent = count;
    if (extent != count) fail("arrays of different lengths", text_of(extent), text_of(count));
  }

  // the last extent of [null, null, 8]
  Index read_shape() {
    expect_value(JsonToken::begin_array, "an array of sizes");
    Index last = 0;
    int axes = 0;
    each_element([&](JsonToken token) {
      if (++axes > 3) fail("too many axes", "at most 3");
      last = token == JsonToken::null ? 0 : size(token);
    });
    if (last < 1) fail("no number of features", "a positive size at the end");
    return last;
  }

  // 3 or [3]
  Index read_size() {
    const JsonToken token = json_.next();
    if (token != JsonToken::begin_array) return size(token);
    Index only = 0;
    int count = 0;
    each_element([&](JsonToken element) {
      if (++count > 1) fail("too many sizes", "1");
      only = size(element);
    });
    if (count != 1) fail("no size", "1");
    return only;
  }

  Index size(JsonToken token) const {
    Index value = 0;
    if (token != JsonToken::number || !parse(json_.value(), value) || value < 1 || value > Index(1) << 28) {
      fail("no size", "a whole number of 1 to 2^28");
    }
    return value;
  }

  double number() const {
    double value = 0;
    if (!parse(json_.value(), value) || !std::isfinite(value)) {
      fail("a number is not finite", "at most 1.8e308", quote(json_.value()));
    }
    return value;
  }

  void skip(JsonToken token) {
    constexpr int deepest = 64;
    int depth = 0;
    for (;; token = json_.next()) {
      if (token == JsonToken::begin_object || token == JsonToken::begin_array) {
        if (++depth > deepest) fail("values nest too deep", "at most 64 deep");
      } else if (token == JsonToken::end_object || token == JsonToken::end_array) {
        if (--depth < 0) json_.refuse(token);
      } else if (token == JsonToken::end) {
        json_.refuse(token);
      }
      if (depth == 0) return;
    }
  }

  // calls f(key) for each member of an object whose bracket was read; f reads the value
  template <class F>
  void each_member(const std::string& before, F&& f) {
    JsonToken token = json_.next();
    while (token != JsonToken::end_object) {
      expect(token, JsonToken::string);
      const std::string key = json_.value();
      place_ = before + key;
      if (!known_.insert(key).second) fail("duplicate key");
      expect(json_.next(), JsonToken::colon);
      f(key);
      token = json_.next();
      if (token == JsonToken::end_object) return;
      expect(token, JsonToken::comma);
      expect(token = json_.next(), JsonToken::string);
    }
  }
  // calls f(first token) for each element of an array whose bracket was read; f reads the rest and refuses brackets
  template <class F>
  void each_element(F&& f) {
    JsonToken token = json_.next();
    while (token != JsonToken::end_array) {
      f(token);
      token = json_.next();
      if (token == JsonToken::end_array) return;
      expect(token, JsonToken::comma);
      if ((token = json_.next()) == JsonToken::end_array) json_.refuse(token);
    }
  }
  void expect(JsonToken token, JsonToken wanted) const {
    if (token != wanted) json_.refuse(token);
  }
  void expect_value(JsonToken wanted, std::string_view expected) {
    if (json_.next() != wanted) fail("a value of another kind", expected);
  }
  [[noreturn]] void fail(std::string_view what, std::string_view expected = {}, std::string_view got = {}) const {
    const std::string at = "byte " + text_of(offset_ + json_.position());
    const std::string place = place_.size() > 200 ? place_.substr(0, 200) + "..." : place_;
    throw Error(Fault{what, file_ + ": " + (place.empty() ? at : place + " at " + at), expected, got});
  }

  std::string_view text_;
  JsonReader json_;
  const std::string& file_;
  std::size_t offset_;
  std::string place_;            // "layers[2].weights[0]"
  std::set<std::string> known_;  // the keys of the object that is read
};

}  // namespace detail

}  // namespace heed::inline HEED_ISA

#if HEED_BODIES

namespace heed::inline HEED_ISA {

HEED_COLD HEED_FUNCTION Index detail::count_of(const RtNeuralFile& file) {
  std::size_t count = 0;
  for (const RtNeuralLayer& layer : file.layers) {
    for (const RtNeuralArray& array : layer.weights) count += array.numbers.size();
  }
  for (const auto& tensor : file.tensors) count += tensor.second.numbers.size();
  return static_cast<Index>(count);
}

HEED_COLD HEED_FUNCTION detail::RtNeuralFile detail::read_rtneural(std::string_view text, const std::string& file) {
  return RtNeuralReader(text, file).read();
}

}  // namespace heed::inline HEED_ISA

#endif
