/// Says what stands in an image, word by word, and where it looks for each word: two digits side by side become "three
/// left of seven". Without images it draws digits of its own.
///
///     caption --train optdigits.tra --test optdigits.tes --model caption.safetensors --picture caption.png
///     caption --test optdigits.tes --model caption.safetensors

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include "heed/heed.hpp"
#include "heed/io/safetensors.hpp"
#include "support/attended_image.hpp"
#include "support/caption_task.hpp"
#include "support/command.hpp"
#include "support/digit_images.hpp"

namespace {

using heed::Index;
using support::Caption;
using support::CaptionTask;
using support::Images;
using Model = heed::ImageCaptioner<float>;

struct Arguments {
  std::filesystem::path train, test, model, picture;
  double largest = 16, held_out = 0;
  Index pairs = 60000, unseen = 2000, shown = 4;
  heed::ImageShape one{.channels = 1, .height = 8, .width = 8};
  heed::ImageCaptionerOptions options{.channels = 32, .features = 64};
  heed::FitOptions fit{.epochs = 8, .learning_rate = 1e-2, .weight_decay = 0.1, .batch_size = 64, .clip_norm = 1};
  heed::Key key() const { return heed::Key{fit.seed}; }
};

/// What the model says of each pair, and where it looked.
std::vector<heed::Decoded<float>> describe(const Model& model, const heed::Vocabulary& words, const CaptionTask& task) {
  heed::SequenceDecoder decoder(model, {.start = words.start(), .end = words.end(), .max_steps = task.most});
  heed::Tensor<float, 3> images({task.count(), 1, task.input.image.size()});
  for (Index i = 0; i < task.count(); ++i) std::copy_n(task.image(i).begin(), images.extent(2), images[i].data());
  return decoder(images.view());
}

Caption to_words(const heed::Decoded<float>& said, const heed::Vocabulary& words) {
  Caption caption;
  for (const std::int32_t token : said.tokens) caption.push_back(words.word(token));
  return caption;
}

support::AttendedImage attended(const CaptionTask& task, Index i, const heed::Decoded<float>& said,
                                const heed::Vocabulary& words) {
  const auto pixels = task.image(i);
  support::AttendedImage image{{{pixels.begin(), pixels.end()}, task.input.image.width}, to_words(said, words), {}, {}};
  const auto regions = static_cast<std::ptrdiff_t>(said.source_steps);
  for (std::size_t t = 0; t < image.words.size(); ++t) {
    const auto from = said.alignment.begin() + static_cast<std::ptrdiff_t>(t) * regions;
    image.attention.push_back({{from, from + regions}, task.input.image.width / 2});
  }
  const Caption& truth = task.captions[static_cast<std::size_t>(i)];
  image.title = image.words == truth ? "" : "in truth: " + heed::joined(truth, " ");
  return image;
}

void measure(const Arguments& a, const Model& model, const Images& images) {
  const heed::Vocabulary words(model.words);
  const CaptionTask task(images, a.one, words, a.key().child(4), a.unseen, false);
  const auto said = describe(model, words, task);
  std::vector<Caption> captions;
  for (const auto& one : said) captions.push_back(to_words(one, words));
  std::printf("exact captions %.4f of %td unseen pairs (goal .95)\n\n",
              heed::exact_match<Caption>(captions, task.captions), task.count());
  std::vector<support::AttendedImage> shown;
  for (Index i = 0; i < std::min(a.shown, task.count()); ++i) {
    shown.push_back(attended(task, i, said[static_cast<std::size_t>(i)], words));
  }
  std::printf("%s\n%s", heed::joined(captions.front(), " ").c_str(), support::attended_text(shown.front()).c_str());
  if (a.picture.empty()) return;
  support::draw(a.picture, shown, "What a captioner of images looks at, word by word");
  std::printf("\npicture drawn to %s\n", a.picture.c_str());
}

void train(Arguments& a) {
  if (a.train.empty()) {  // drawn digits are easy
    a.pairs = std::min<Index>(a.pairs, 6000);
    a.options.channels = std::min<Index>(a.options.channels, 12);
    a.options.features = std::min<Index>(a.options.features, 24);
    a.options.hidden = std::min<Index>(a.options.hidden, 32);
  }
  Images images =
      a.train.empty() ? support::drawn_digits(a.key().child(1), 2000) : support::read_images(a.train, a.one, a.largest);
  Images test =
      a.test.empty() ? support::drawn_digits(a.key().child(2), 500) : support::read_images(a.test, a.one, a.largest);
  if (a.held_out > 0) {
    const auto kept = static_cast<Index>((1 - a.held_out) * static_cast<double>(images.count()));
    test = support::some_images(images, kept, images.count());
    images = support::some_images(images, 0, kept);
  }
  const heed::Vocabulary words = support::caption_words(images.names);
  const CaptionTask task(images, a.one, words, a.key().child(3), a.pairs, true);
  a.options.image = task.input.image;
  a.options.tokens = words.size();
  a.options.max_tokens = task.most;
  Model model(a.options);
  model.initialize(a.key().child(5));
  model.words.assign(words.words().begin(), words.words().end());
  std::printf("%td pairs of %td images, %td words, %td regions, %td parameters\n", task.count(), images.count(),
              words.size(), a.options.regions(), heed::parameter_count(model));
  if (!a.model.empty()) heed::check_writable(a.model);
  const Index batches = (task.count() - 1) / a.fit.batch_size + 1;
  a.fit.schedule = heed::CosineSchedule{.warmup = std::min<Index>(200, batches), .warmup_start = 0.1};
  a.fit.callbacks.push_back(heed::plain_progress(stdout, 1));
  const heed::InterruptGuard guard;
  a.fit.stop = guard.signal();
  const heed::History history = heed::fit(model, task.view(), a.fit);
  heed::require(history.outcome != heed::Outcome::diverged, [] { return heed::Fault{"the training diverged"}; });
  if (history.outcome == heed::Outcome::cancelled) std::puts("interrupted: the weights so far are kept");
  if (!a.model.empty()) heed::save(model, a.model);
  measure(a, model, test);
}

void run(Arguments& a) {
  if (!a.picture.empty()) support::check_picture(a.picture);
  if (!a.train.empty() || a.test.empty()) return train(a);
  const auto model = heed::load<Model>(a.model);
  a.one.height = model.options.image.height;
  a.one.width = model.options.image.width / 2;
  measure(a, model, support::read_images(a.test, a.one, a.largest));
}

}  // namespace

int main(int argc, char** argv) {
  Arguments a;
  CLI::App program("Says what stands in an image; without --train and --test in digits that it draws", "caption");
  program.add_option("--train", a.train, "A line an image of one digit: its pixels, row by row, and its label");
  program.add_option("--test", a.test, "The same, to measure on");
  program.add_option("--model", a.model, "Where the model is kept; without --train it is loaded");
  program.add_option("--picture", a.picture, "Draws where it looked (.png or .svg), by gnuplot");
  program.add_option("--shown", a.shown, "Pairs in the picture")->check(CLI::PositiveNumber);
  program.add_option("--side", a.one.height, "Of an image, in pixels")->check(CLI::Range(2, 256));
  program.add_option("--largest", a.largest, "Value of a pixel")->check(CLI::PositiveNumber);
  program.add_option("--held-out", a.held_out, "This share of --train, its end, is measured on instead of --test")
      ->check(CLI::Range(0.0, 0.9));
  program.add_option("--pairs", a.pairs, "To train on")->check(CLI::PositiveNumber);
  program.add_option("--unseen", a.unseen, "Pairs to measure on")->check(CLI::PositiveNumber);
  program.add_option("--channels", a.options.channels, "Of the first convolutions");
  program.add_option("--features", a.options.features, "Of a region");
  program.add_option("--hidden", a.options.hidden, "Of the LSTM");
  program.add_option("--epochs", a.fit.epochs, "Passes over the pairs")->check(CLI::PositiveNumber);
  program.add_option("--batch", a.fit.batch_size, "Pairs a step")->check(CLI::PositiveNumber);
  program.add_option("--learning-rate", a.fit.learning_rate, "Of Adam, at its height")->check(CLI::PositiveNumber);
  program.add_option("--weight-decay", a.fit.weight_decay, "Of AdamW")->check(CLI::NonNegativeNumber);
  program.add_option("--threads", a.fit.threads, "0: as many as the machine has")->check(CLI::NonNegativeNumber);
  program.add_option("--seed", a.fit.seed, "Of everything that is drawn")->check(CLI::NonNegativeNumber);
  program.callback([&] {
    a.one.width = a.one.height;
    if (!a.test.empty() && a.train.empty() && a.model.empty()) throw CLI::RequiresError("--test", "--train or --model");
  });
  return support::run_command(program, argc, argv, [&] { run(a); });
}
