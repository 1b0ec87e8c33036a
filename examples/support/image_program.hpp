#pragma once

// What programs that learn from images have in common: options, and training that keeps the model.

#include <CLI/CLI.hpp>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "file_names.hpp"
#include "heed/core/image.hpp"
#include "heed/train/loggers.hpp"
#include "options.hpp"
#include "training.hpp"

namespace support {

struct ImageArguments {
  std::filesystem::path train, test, model;
  double largest = 16;  // of a pixel

  /// The model that is kept is used; otherwise one is trained.
  bool loads() const { return train.empty() && !model.empty() && (!test.empty() || is_regular(model)); }
  /// There is something to measure on: a test file, or images that are drawn, as those of the training were.
  bool measures() const { return train.empty() || !test.empty(); }
};

/// The options, of training those that have these names, too. Images are squares.
inline void define(CLI::App& program, ImageArguments& a, heed::ImageShape& image, heed::FitOptions& fit,
                   std::vector<std::string_view> fit_names = {}) {
  program.add_option("--train", a.train, "A line an image: its pixels, row by row, and its label");
  program.add_option("--test", a.test, "The same, to measure on");
  program.add_option("--model", a.model, "Where the model is kept. Where there is one and no --train, it is loaded");
  program.add_option("--side", image.height, "Of an image, in pixels")->check(whole(1, 4096));
  program.add_option("--largest", a.largest, "Value of a pixel")->check(number({0, heed::Range::infinite, true, true}));
  fit_names.insert(fit_names.end(), {"batch_size", "weight_decay"});
  add_fit_options(program, fit, std::move(fit_names));
  program.callback([&] {
    image.width = image.height;
    if (!a.test.empty() && a.train.empty() && a.model.empty()) throw CLI::RequiresError("--test", "--train or --model");
  });
}

/// `fit_and_keep` with about `lines` lines of progress.
template <class Model>
void fit_images(Model& model, const heed::LabelledSequences<float>& data, heed::FitOptions fit, int lines,
                const ImageArguments& a, const std::optional<heed::LabelledSequences<float>>& held_out = {}) {
  fit.callbacks.push_back(heed::plain_progress(stdout, std::max(1, fit.epochs / lines)));
  fit_and_keep(model, data, std::move(fit), a.model, held_out);
  if (a.model.empty() && !a.train.empty()) std::puts("the model is not kept: --model FILE writes it");
  if (!a.measures()) std::puts("there is no --test to measure on");
}

}  // namespace support
