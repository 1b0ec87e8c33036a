/// A vision transformer that reads digits: takes images of 8 x 8 pixels with labels, prints the test accuracy, writes a
/// model. With --shifted and --locality it is the one for small data.
///
///     digits --train optdigits.tra --test optdigits.tes --model digits.safetensors
///     digits --test optdigits.tes --model digits.safetensors

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "heed/heed.hpp"
#include "heed/io/safetensors.hpp"
#include "support/answer.hpp"
#include "support/command.hpp"
#include "support/digit_images.hpp"
#include "support/image_program.hpp"
#include "support/shades.hpp"

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

Images read(const Arguments& a, const std::filesystem::path& path, std::uint64_t part, Index count,
            const std::vector<std::string>* names) {
  if (!path.empty()) return support::read_images(path, a.options.image, a.largest, names);
  return support::with_classes(support::drawn_shapes(heed::Key{a.fit.seed}.child(part), count, a.options.image), names,
                               "built-in task");
}

/// An image (of a large one some pixels), and the attention to its patches in the last block, side by side.
void show(const Model& model, const Images& images) {
  const heed::ImageShape image = model.options.image;
  const auto one = heed::view(images.sequences.x.data(), {Index(1), Index(1), image.size()});
  heed::Predictor predictor(model);
  const heed::Tensor<float, 3> weights = predictor.attention_weights(one);
  const Index size = model.options.patch_size;
  support::Grid pixels{{}, image.width}, seen{{}, image.width};  // a pixel's value, and the attention to its patch
  for (Index y = 0; y < image.height; ++y) {
    for (Index x = 0; x < image.width; ++x) {
      const Index patch = y / size * (image.width / size) + x / size;
      pixels.values.push_back(one(0, 0, image.at(y, x)));
      seen.values.push_back(0);
      for (Index row = 0; row < weights.extent(1); ++row) seen.values.back() += weights(0, row, patch);
    }
  }
  std::printf(
      "image 0 is %s, the answer %s\nbeside it, how much its patches are attended to\n%s", images.name_of(0).c_str(),
      support::answer_text(predictor(one[0]), model.labels, 3).c_str(),
      support::side_by_side({pixels.thinned(16).shades(1), seen.thinned(16).shades(seen.largest())}, "   ").c_str());
}

void measure(const Model& model, const Images& test, int threads) {
  const heed::Evaluation e = heed::evaluate(model, test.view(), threads);
  std::printf("test accuracy %.4f of %jd images\n", e.accuracy, test.count());
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
  std::printf("%jd images of %jd x %jd, %jd classes, %jd patches, %jd parameters\n", images.count(),
              a.options.image.height, a.options.image.width, std::ssize(images.names), model.patches(),
              heed::parameter_count(model));
  if (a.validation > 0) {
    const heed::Split split =
        heed::stratified_split(images.view().labels, a.validation, heed::Key{a.fit.seed}.child(3));
    heed::require(!split.validation.empty() && !split.training.empty(),
                  [] { return heed::Fault{"too few images to hold some out", "--validation"}; });
    held_out = images.rows(split.validation);
    images = images.rows(split.training);
    a.fit.early_stopping.patience = a.fit.epochs;
  }
  images = support::with_classes(
      heed::moved_copies(images.sequences, a.options.image, a.copies, a.move, heed::Key{a.fit.seed}.child(4)),
      &images.names, "");
  const Index steps = a.fit.epochs * support::steps_an_epoch(images.count(), a.fit);
  a.fit.schedule = heed::CosineSchedule{.warmup = steps / 10, .warmup_start = 0.1};
  support::fit_images(model, images.view(), a.fit, 6, a, held_out ? std::optional(held_out->view()) : std::nullopt);
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
  program.add_option("--images", a.images, "Of the task of its own")->check(support::whole_from(1));
  program.add_option("--validation", a.validation, "This share of the images is held out, and chooses the epoch")
      ->check(support::number(heed::Range::from(0, 0.9)));
  program.add_option("--copies", a.copies, "Of each image, all but the first moved a little")
      ->check(support::whole_from(1));
  program.add_option("--move", a.move, "By up to so many pixels")->check(support::whole_from(0));
  support::add_options(program, a.options);
  return support::run_command(program, argc, argv, [&] { run(a); });
}
