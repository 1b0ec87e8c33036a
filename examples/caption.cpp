/// Describes an image word by word, and shows where it looks for each word: two digits side by side become "three left
/// of seven". Without images it draws digits itself.
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
#include "support/image_program.hpp"

namespace {

using heed::Index;
using support::Caption;
using support::CaptionTask;
using support::Images;
using Model = heed::ImageCaptioner<float>;

struct Arguments : support::ImageArguments {
  std::filesystem::path picture;
  double held_out = 0;
  Index pairs = 60000, unseen = 2000, shown = 4;
  heed::ImageShape one{.channels = 1, .height = 8, .width = 8};
  heed::ImageCaptionerOptions options{.channels = 32, .features = 64};
  heed::FitOptions fit{.epochs = 8, .learning_rate = 1e-2, .weight_decay = 0.1, .batch_size = 64, .clip_norm = 1};
  heed::Key key() const { return heed::Key{fit.seed}; }
};

/// The model's caption of each pair, and its attention.
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
  std::printf("exact captions %.4f of %jd unseen pairs\n\n", heed::exact_match<Caption>(captions, task.captions),
              task.count());
  std::vector<support::AttendedImage> shown;
  for (Index i = 0; i < std::min(a.shown, task.count()); ++i) {
    shown.push_back(attended(task, i, said[static_cast<std::size_t>(i)], words));
  }
  std::printf("%s\n%s", heed::joined(captions.front(), " ").c_str(), support::attended_text(shown.front()).c_str());
  if (a.picture.empty()) return;
  support::draw(a.picture, shown, "What a captioner of images looks at, word by word");
  std::printf("\npicture drawn to %s\n", a.picture.c_str());
}

Images read(const Arguments& a, const std::filesystem::path& path, std::uint64_t part, Index count) {
  return path.empty() ? support::drawn_digits(a.key().child(part), count)
                      : support::read_images(path, a.one, a.largest);
}

void train(Arguments& a) {
  if (a.train.empty()) {  // drawn digits are easy
    a.pairs = std::min<Index>(a.pairs, 6000);
    a.options.channels = std::min<Index>(a.options.channels, 12);
    a.options.features = std::min<Index>(a.options.features, 24);
    a.options.hidden = std::min<Index>(a.options.hidden, 32);
  }
  Images images = read(a, a.train, 1, 2000), test;
  if (a.measures()) test = read(a, a.test, 2, 500);
  if (a.held_out > 0) {
    const auto kept = static_cast<Index>((1 - a.held_out) * static_cast<double>(images.count()));
    heed::require(kept > 0 && kept < images.count(),
                  [] { return heed::Fault{"too few images to hold some out", "--held-out"}; });
    test = images.rows(kept, images.count());
    images = images.rows(0, kept);
  }
  const heed::Vocabulary words = support::caption_words(images.names);
  const CaptionTask task(images, a.one, words, a.key().child(3), a.pairs, true);
  a.options.image = task.input.image;
  a.options.tokens = words.size();
  a.options.max_tokens = task.most;
  Model model(a.options);
  model.initialize(a.key().child(5));
  model.words.assign(words.words().begin(), words.words().end());
  std::printf("%jd pairs of %jd images, %jd words, %jd regions, %jd parameters\n", task.count(), images.count(),
              words.size(), a.options.regions(), heed::parameter_count(model));
  a.fit.schedule = heed::CosineSchedule{.warmup = std::min<Index>(200, support::steps_an_epoch(task.count(), a.fit)),
                                        .warmup_start = 0.1};
  support::fit_images(model, task.view(), a.fit, a.fit.epochs, a);
  if (a.measures() || a.held_out > 0) measure(a, model, test);
}

void run(Arguments& a) {
  if (!a.picture.empty()) support::check_picture(a.picture);
  if (!a.loads()) return train(a);
  const auto model = heed::load<Model>(a.model);
  a.one.height = model.options.image.height;
  a.one.width = model.options.image.width / 2;
  measure(a, model, read(a, a.test, 2, 500));
}

}  // namespace

int main(int argc, char** argv) {
  Arguments a;
  CLI::App program("Says what stands in an image; without --train and --test in digits that it draws", "caption");
  support::define(program, a, a.one, a.fit);
  program.add_option("--picture", a.picture, "Draws where it looked (.png or .svg), by gnuplot");
  program.add_option("--shown", a.shown, "Pairs in the picture")->check(support::whole_from(1));
  program.add_option("--held-out", a.held_out, "This share of the images, their end, is measured on instead of --test")
      ->check(support::number(heed::Range::from(0, 0.9)));
  program.add_option("--pairs", a.pairs, "To train on")->check(support::whole_from(1));
  program.add_option("--unseen", a.unseen, "Pairs to measure on")->check(support::whole_from(1));
  support::add_options(program, a.options, support::only({"channels", "features", "hidden"}));
  return support::run_command(program, argc, argv, [&] { run(a); });
}
