#pragma once

// The shape between two layers of a Keras file: an inner part of keras.hpp.

#include <cstddef>
#include <string>

#include "heed/convert/detail/json_tree.hpp"
#include "heed/convert/detail/keras_config.hpp"
#include "heed/core/compiled.hpp"
#include "heed/core/types.hpp"

namespace heed::inline HEED_ISA::detail {

/// What a layer reads, and whether steps of it are masked.
struct KerasShape {
  Index features = 0, steps = 0, tokens = 0;  ///< 0: not known
  bool vector = false;                        ///< one vector, not one for each step
  bool known = false;                         ///< whether the file says what the input is
  bool repeats = false;                       ///< whether masked steps repeat the last one
  std::string masked_by = {};                 ///< empty: nothing masks

  /// Throws unless it is that of sequences, of vectors or of tokens.
  HEED_COLD void set_input(const JsonTree& shape, const KerasConfig& config) {
    if (!shape.is_array() || shape.items.size() < 2 || shape.items.size() > 3) {
      config.refuse("an input of another shape",
                    "(batch, steps, features), (batch, features) or (batch, steps) of tokens", shape.shown());
    }
    const auto extent = [&](std::size_t i) -> Index {
      double number = 0;
      if (shape[i].is_null()) return 0;
      if (!read_number(shape[i], number) || !(number >= 1) || number > 1 << 24) {
        config.refuse("wrong value of the input's shape", "null or a whole number", shape[i].shown());
      }
      return static_cast<Index>(number);
    };
    vector = shape.items.size() == 2;
    steps = vector ? 1 : extent(1);
    tokens = vector ? extent(1) : 0;
    features = extent(shape.items.size() - 1);
    known = true;
  }

  // ---- what layers need

  void need_steps(const KerasConfig& config) const {
    if (vector) config.refuse("a layer of sequences behind a vector", "an input of steps and features");
  }
  /// For layers to which steps past the end matter.
  void need_no_mask(const KerasConfig& config, const char* why) const {
    if (masked_by.empty()) return;
    config.refuse(std::string("a layer that ") + why + " behind " + masked_by,
                  "no masking: heed would leave out steps that Keras counts here");
  }
  /// Normalisation and softmax are over the features.
  void check_axis(const KerasConfig& config) const {
    const JsonTree& given = config["axis"];
    const JsonTree& axis = given.is_array() && given.items.size() == 1 ? given[std::size_t{0}] : given;
    const bool last = axis.is_null() || axis.text == "-1" || axis.text == (vector ? "1" : "2");
    if (!last) config.refuse("a layer over another axis than the features", "axis -1", given.shown());
  }
};

}  // namespace heed::inline HEED_ISA::detail
