#pragma once

// Keras' weights, or their gradients, under heed's names and in heed's shapes.

#include "reference.hpp"

namespace test_support {

/// (in, out) to (out, in); whatever axes lie inside a side are kept together.
inline Array transposed(const Array& kernel, Index in, Index out) {
  Array result{{out, in}, Values(kernel.values.size())};
  for (Index i = 0; i < in; ++i) {
    for (Index o = 0; o < out; ++o) {
      result.values[static_cast<std::size_t>(o * in + i)] = kernel.values[static_cast<std::size_t>(i * out + o)];
    }
  }
  return result;
}

/// kernel (in, out) and bias of a Dense.
inline Arrays keras_dense(const Arrays& keras) {
  const Array& kernel = keras.at("kernel");
  return {{"weight", transposed(kernel, kernel.extents[0], kernel.extents[1])}, {"bias", keras.at("bias")}};
}

/// kernel (k, in, out) and bias of a Conv1D.
inline Arrays keras_convolution(const Arrays& keras) {
  const Array& kernel = keras.at("kernel");
  const Index taps = kernel.extents[0], in = kernel.extents[1], out = kernel.extents[2];
  Array weight = transposed(kernel, taps * in, out);  // (out, k, in)
  for (Index o = 0; o < out; ++o) {
    const auto begin = weight.values.begin() + o * taps * in;
    const Values row = transposed({{}, Values(begin, begin + taps * in)}, taps, in).values;
    std::copy(row.begin(), row.end(), begin);
  }
  weight.extents = {out, in, taps};
  return {{"weight", weight}, {"bias", keras.at("bias")}};
}

/// kernel (I, 4H), recurrent kernel (H, 4H), one bias. Heed has two biases: as weights the second is 0, as gradients
/// both have the whole.
inline Arrays keras_lstm(const Arrays& keras, bool gradients) {
  const Array &kernel = keras.at("kernel"), &recurrent = keras.at("recurrent_kernel"), &bias = keras.at("bias");
  Array second = bias;
  if (!gradients) std::fill(second.values.begin(), second.values.end(), 0.0);
  return {{"weight_ih_l0", transposed(kernel, kernel.extents[0], kernel.extents[1])},
          {"weight_hh_l0", transposed(recurrent, recurrent.extents[0], recurrent.extents[1])},
          {"bias_ih_l0", bias},
          {"bias_hh_l0", second}};
}

/// kernel (I, 3H), recurrent kernel (H, 3H), gates [z; r; n] where heed has [r; z; n]; bias (2, 3H) with the reset
/// after the product, else (3H), which becomes heed's first bias: as weights the second is then 0, as gradients both
/// have it.
inline Arrays keras_gru(const Arrays& keras, bool gradients) {
  const auto reordered = [](Array a) {  // the first two blocks of rows change places
    const auto block = static_cast<std::ptrdiff_t>(a.values.size() / 3);
    std::swap_ranges(a.values.begin(), a.values.begin() + block, a.values.begin() + block);
    return a;
  };
  const Array &kernel = keras.at("kernel"), &recurrent = keras.at("recurrent_kernel"), &bias = keras.at("bias");
  const Index rows = kernel.extents[1];
  const bool two = bias.extents.size() == 2;
  Array first{{rows}, Values(bias.values.begin(), bias.values.begin() + rows)}, second = first;
  if (two) {
    second.values.assign(bias.values.begin() + rows, bias.values.end());
  } else if (!gradients) {
    std::fill(second.values.begin(), second.values.end(), 0.0);
  }
  return {{"weight_ih_l0", reordered(transposed(kernel, kernel.extents[0], rows))},
          {"weight_hh_l0", reordered(transposed(recurrent, recurrent.extents[0], rows))},
          {"bias_ih_l0", reordered(first)},
          {"bias_hh_l0", reordered(second)}};
}

/// query, key and value: kernels (E, heads, key_dim) and biases (heads, key_dim); attention_output: (heads, key_dim,
/// E). For heads key_dim = E, as PyTorch has it.
inline Arrays keras_multihead(const Arrays& keras) {
  const Index size = keras.at("query.kernel").extents[0];
  Array weight{{3 * size, size}, {}}, bias{{3 * size}, {}};
  for (const std::string part : {"query", "key", "value"}) {
    const Values w = transposed(keras.at(part + ".kernel"), size, size).values;
    const Values& b = keras.at(part + ".bias").values;
    weight.values.insert(weight.values.end(), w.begin(), w.end());
    bias.values.insert(bias.values.end(), b.begin(), b.end());
  }
  return {{"in_proj_weight", weight},
          {"in_proj_bias", bias},
          {"out_proj.weight", transposed(keras.at("attention_output.kernel"), size, size)},
          {"out_proj.bias", keras.at("attention_output.bias")}};
}

/// The arrays of one layer of a model: those whose names begin with `prefix`, without it.
inline Arrays inside(const Arrays& all, const std::string& prefix) {
  Arrays some;
  for (const auto& [name, array] : all) {
    if (name.starts_with(prefix)) some[name.substr(prefix.size())] = array;
  }
  return some;
}
/// The other way round.
inline void put_inside(const Arrays& some, const std::string& prefix, Arrays& all) {
  for (const auto& [name, array] : some) all[prefix + name] = array;
}

/// Keras' names and layouts as heed's: `lstm`, `attention`, `dense1`, `dense2`.
inline Arrays keras_classifier(const Arrays& keras, bool gradients) {
  Arrays all;
  put_inside(keras_lstm(inside(keras, "lstm."), gradients), "lstm.", all);
  put_inside(keras_dense(inside(keras, "dense1.")), "fc1.", all);
  put_inside(keras_dense(inside(keras, "dense2.")), "fc2.", all);
  if (keras.contains("attention.dense.kernel")) {
    put_inside(keras_dense(inside(keras, "attention.dense.")), "attention.attention.", all);
  } else if (keras.contains("attention.query.kernel")) {
    put_inside(keras_multihead(inside(keras, "attention.")), "attention.", all);
  }
  return all;
}

}  // namespace test_support
