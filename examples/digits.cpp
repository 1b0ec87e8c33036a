/// A vision transformer that reads digits: images of 8 x 8 with labels in, test accuracy and a model out; with
/// --shifted and --locality the one for small data.
///
///     digits --train optdigits.tra --test optdigits.tes --model digits.safetensors
///     digits --test optdigits.tes --model digits.safetensors

#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "heed/heed.hpp"
#include "heed/io/safetensors.hpp"
#include "support/command.hpp"
#include "support/digit_images.hpp"
#include "support/image_program.hpp"

namespace {

using heed::Index;
using support::Images;
using Model = heed::VisionTransformer<float>;

struct Arguments : support::ImageArguments {
  Index images = 1500, copies = 8;
  double move = 0.5, validation = 0;
  heed::VisionTransformerOptions options{.image = {.channels = 1, .height = 8, .width = 8},
                                         .patch_size = 2,
                                         .transformer = {.d_model = 48,
                                                         .num_heads = 4,
                                                         .num_layers = 2,
                                                         .dim_feedforward = 128,
                                                         .dropout = 0.1,
                                                         .positions = heed::PositionKind::learned}};
  heed::FitOptions fit{.epochs = 15,
                       .learning_rate = 2e-3,
                       .weight_decay = 0.05,
                       .batch_size = 64,
                       .clip_norm = 1,
                       .label_smoothing = 0.1};
};

/// A line, a corner, a cross or a square somewhere in an image, on noise; drawn in 8 x 8 fields.
heed::Sequences<float> built_in_task(heed::Key key, Index count, heed::ImageShape image) {
  const Index field = image.height / 8;
  heed::require(field > 0, [] { return heed::Fault{"images too small", "built-in task", "a side of 8 or more", {}}; });
  heed::Sequences<float> data{.x = heed::Tensor<float, 3>({count, 1, image.size()})};
  for (Index i = 0; i < count; ++i) {
    const heed::Key draw = key.child(static_cast<std::uint64_t>(i));
    const auto kind = draw.below(0, 4);
    const auto top = static_cast<Index>(draw.below(1, 4)), left = static_cast<Index>(draw.below(2, 4));
    for (Index p = 0; p < image.size(); ++p) {
      const Index pixel = p / image.channels;
      const Index y = pixel / image.width / field - top, x = pixel % image.width / field - left;
      const bool shapes[] = {x == 2, x == 0 || y == 4, x == y || x + y == 4, x % 4 == 0 || y % 4 == 0};
      const bool ink = std::min(x, y) >= 0 && std::max(x, y) < 5 && shapes[kind];
      data.x(i, 0, p) = static_cast<float>(draw.child(9).uniform(static_cast<std::uint64_t>(p), 0, 0.1) + 0.9 * ink);
    }
    data.labels.emplace_back(std::array{"line", "corner", "cross", "square"}[kind]);
  }
  return data;
}

Images read(const Arguments& a, const std::filesystem::path& path, std::uint64_t part, Index count,
            const std::vector<std::string>* names) {
  if (!path.empty()) return support::read_images(path, a.options.image, a.largest, names);
  return support::with_classes(built_in_task(heed::Key{a.fit.seed}.child(part), count, a.options.image), names,
                               "built-in task");
}

Images rows_of(const Images& all, const std::vector<Index>& rows) {
  heed::Sequences<float> some{.x = heed::Tensor<float, 3>({std::ssize(rows), 1, all.sequences.features()})};
  for (const Index row : rows) {
    const auto pixels = all.pixels(row);
    std::copy(pixels.begin(), pixels.end(), &some.x(std::ssize(some.labels), 0, 0));
    some.labels.push_back(all.names[static_cast<std::size_t>(all.class_of(row))]);
  }
  return support::with_classes(std::move(some), &all.names, "");
}

/// An image, of a large one some pixels, and how much its patches are attended to in the last block, side by side.
void show(const Model& model, const Images& images) {
  const heed::ImageShape image = model.options.image;
  const auto one = heed::view(images.sequences.x.data(), {Index(1), Index(1), image.size()});
  heed::Predictor predictor(model);
  const heed::Tensor<float, 3> weights = predictor.attention_weights(one);
  const Index size = model.options.patch_size, every = (image.height + 15) / 16;
  std::vector<float> pixel, seen;  // what a pixel is, and what its patch gets
  for (Index y = 0; y < image.height; y += every) {
    for (Index x = 0; x < image.width; x += every) {
      const Index patch = y / size * (image.width / size) + x / size;
      pixel.push_back(one(0, 0, image.at(y, x)));
      seen.push_back(0);
      for (Index row = 0; row < weights.extent(1); ++row) seen.back() += weights(0, row, patch);
    }
  }
  const auto answer = predictor(one[0]);
  std::printf("image 0 is %s, the answer %s (%.3f)\nbeside it, how much its patches are attended to\n",
              model.labels[static_cast<std::size_t>(images.classes[0])].c_str(),
              model.labels[static_cast<std::size_t>(answer.label)].c_str(),
              static_cast<double>(answer.probabilities[static_cast<std::size_t>(answer.label)]));
  const Index rows = (image.height - 1) / every + 1;
  const auto left = support::shade_rows(pixel, rows);
  const auto right = support::shade_rows(seen, rows, *std::max_element(seen.begin(), seen.end()));
  for (std::size_t y = 0; y < left.size(); ++y) std::printf("  %s   %s\n", left[y].c_str(), right[y].c_str());
}

void measure(const Model& model, const Images& test, int threads) {
  const heed::Evaluation e = heed::evaluate(model, test.view(), threads);
  std::printf("test accuracy %.4f of %td images\n", e.accuracy, test.count());
  show(model, test);
}

void train(Arguments& a) {
  if (a.train.empty()) a.fit.epochs = std::min(a.fit.epochs, 3);
  Images images = read(a, a.train, 1, a.images, nullptr);
  std::optional<Images> test, held_out;
  if (a.measures()) test = read(a, a.test, 2, (a.images + 2) / 3, &images.names);
  a.options.classes = std::ssize(images.names);
  Model model(a.options);
  model.initialize(heed::Key{a.fit.seed});
  model.labels = images.names;
  std::printf("%td images of %td x %td, %td classes, %td patches, %td parameters\n", images.count(),
              a.options.image.height, a.options.image.width, std::ssize(images.names), model.patches(),
              heed::parameter_count(model));
  if (a.validation > 0) {
    const heed::Split split = heed::stratified_split(images.classes, a.validation, heed::Key{a.fit.seed}.child(3));
    heed::require(!split.validation.empty() && !split.training.empty(), [] {
      return heed::Fault{"too few images to hold some out", "--validation"};
    });
    held_out = rows_of(images, split.validation);
    images = rows_of(images, split.training);
    a.fit.early_stopping.patience = a.fit.epochs;
  }
  images = support::with_classes(
      heed::moved_copies(images.sequences, a.options.image, a.copies, a.move, heed::Key{a.fit.seed}.child(4)),
      &images.names, "");
  const Index batches = (images.count() - 1) / a.fit.batch_size + 1;
  a.fit.schedule = heed::CosineSchedule{.warmup = a.fit.epochs * batches / 10, .warmup_start = 0.1};
  support::fit_and_keep(model, images.view(), a.fit, 6, a, held_out ? std::optional(held_out->view()) : std::nullopt);
  if (test) measure(model, *test, a.fit.threads);
}

void run(Arguments& a) {
  if (!a.loads()) return train(a);
  const auto model = heed::load<Model>(a.model);
  a.options = model.options;
  measure(model, read(a, a.test, 2, (a.images + 2) / 3, &model.labels), a.fit.threads);
}

}  // namespace

int main(int argc, char** argv) {
  Arguments a;
  CLI::App program("A vision transformer that reads digits; without --train and --test a task of its own", "digits");
  support::define(program, a, a.options.image, a.fit, {"label_smoothing"});
  program.add_option("--images", a.images, "Of the task of its own")->check(CLI::PositiveNumber);
  program.add_option("--validation", a.validation, "This share of the images is held out, and chooses the epoch")
      ->check(CLI::Range(0.0, 0.9));
  program.add_option("--copies", a.copies, "Of each image, all but the first moved a little")
      ->check(CLI::PositiveNumber);
  program.add_option("--move", a.move, "By up to so many pixels")->check(CLI::NonNegativeNumber);
  support::add_options(program, a.options);
  return support::run_command(program, argc, argv, [&] { run(a); });
}
