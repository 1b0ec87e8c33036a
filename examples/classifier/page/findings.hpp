#pragma once

// The contents of a report, without its looks.

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "../baselines.hpp"
#include "../stored_model.hpp"
#include "../task.hpp"
#include "heed/core/tensor.hpp"
#include "heed/core/types.hpp"
#include "heed/metrics/calibration.hpp"
#include "heed/metrics/classification.hpp"

namespace classifier::page {

/// A section of the page, with its own heading.
struct Section {
  std::string id, title, body;  // the body is HTML
};

/// The attention of a model in one sequence.
struct Attention {
  std::vector<float> weights = {};  // one per step; with heads their mean
  heed::Index heads = 0;            // 0 without multi-head attention
  std::vector<float> maps = {};     // (heads, length, length), for multi-head attention
};

/// The data, one sequence at a time, whether numbers or sentences.
struct Cases {
  heed::Index count = 0, steps = 0;  // steps of the longest sequence
  bool ragged = false;
  std::string one, many;                                // "sequence", "sequences"
  std::function<heed::Index(heed::Index)> length = {};  // of a sequence
  std::function<std::string(heed::Index)> name = {};    // its number, from 0, and its id
  std::function<std::string(heed::Index, const std::vector<float>&)> picture =
      {};                                                                  // HTML, with attention if there is any
  std::function<const std::vector<std::string>&(heed::Index)> words = {};  // empty: these are numbers
  std::function<Attention(heed::Index)> attention = {};                    // empty: the model has none
  std::string no_attention = "This model has no attention: it does not weigh steps by weights that it learns.";
  std::string key = {};  // HTML that explains the pictures
};

/// The answers of a model of classes, and how good they are.
struct ClassFindings {
  std::vector<std::string> names;
  heed::Tensor<float, 2> probabilities;
  std::vector<std::int32_t> truth;
  heed::Tensor<std::int64_t, 2> confusion = {};
  std::vector<heed::ClassReport> reports = {};
  heed::Calibration calibration = {};
  double loss = 0;

  heed::Index answer(heed::Index i) const;
  double probability(heed::Index i, heed::Index c) const { return static_cast<double>(probabilities(i, c)); }
  heed::Index truth_of(heed::Index i) const { return truth[static_cast<std::size_t>(i)]; }
  const std::string& name(heed::Index c) const { return names[static_cast<std::size_t>(c)]; }
};
/// Computes all of it from the logits and the true classes.
ClassFindings class_findings(std::vector<std::string> names, heed::Tensor<float, 2> logits,
                             std::vector<std::int32_t> truth);

/// The answers of a model of numbers.
struct NumberFindings {
  std::vector<std::string> names;  // the outputs
  heed::Tensor<float, 2> answers;
  heed::Tensor<double, 2> truth;
  std::vector<Baseline> baselines;  // empty if they are not known
  NumbersTask task;
};

/// The effect of an occlusion.
struct Occluded {
  std::string name;
  double score = 0, second = 0;  // classes: falls of the accuracy, of the true class's probability; numbers: fall of
                                 // R2, rise of the mean squared error
  heed::Index count = 0;         // sequences
};
struct Importance {
  std::vector<Occluded> features = {}, stretches = {}, words = {};
  heed::Index rows = 0;      // sequences that were tried
  double score = 0;          // of these rows without occlusion
  bool numbers = false;      // a model of numbers
  std::string why_not = {};  // if nothing was tried: a sentence with the reason
};

/// A part of a model.
struct ModelPart {
  std::string name, detail = {};
  std::string shape = {};  // of its output
  heed::Index parameters = 0;
  std::string note = {};  // instead of the parameters
};

/// Parts in their order, and the number of models with these parts.
struct ModelBranch {
  std::vector<ModelPart> parts = {};
  heed::Index models = 1;

  heed::Index parameters() const;
};

/// At most `most` of `count` numbers from 0, evenly spaced.
std::vector<heed::Index> evenly(heed::Index count, heed::Index most);

/// "1 sequence", "1,234 sequences"
std::string counted_of(heed::Index count, const Cases& cases);
/// "All 24 sequences are", "The only sequence is"
std::string all_are(const Cases& cases);
/// "12,345"
std::string grouped(heed::Index count);

}  // namespace classifier::page
