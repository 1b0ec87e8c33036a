/// Answers questions in words about images of digits, "is it larger than four ?": an LSTM reads the words, convolutions
/// see the image, attention meets both. Shows how much the answer has looked at the image and at each word.
///
///     questions --train optdigits.tra --test optdigits.tes --model questions.safetensors
///     questions --test optdigits.tes --model questions.safetensors --ask "is it larger than four ?"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "heed/heed.hpp"
#include "heed/io/safetensors.hpp"
#include "support/command.hpp"
#include "support/digit_images.hpp"
#include "support/digit_questions.hpp"

namespace {

using heed::Index;
using support::DigitQuestion;
using support::DigitQuestions;
using support::Images;
using Model = heed::MultimodalClassifier<float>;

struct Arguments {
  std::filesystem::path train, test, model;
  std::string ask;
  Index questions = 10, show = 5;  // about an image; images
  double largest = 16;             // of a pixel
  heed::MultimodalClassifierOptions options{.image = {.channels = 1, .height = 8, .width = 8},
                                            .words = DigitQuestions::most_words};
  heed::FitOptions fit{.epochs = 20, .learning_rate = 2e-3, .weight_decay = 0.01, .batch_size = 64, .clip_norm = 1};
};

/// Questions about images, as the model takes them.
struct Questions {
  std::vector<DigitQuestion> asked;
  heed::Tensor<float, 3> x;  // (questions, 1, pixels and tokens)
  std::vector<std::int32_t> answers;

  std::size_t kind(Index i) const { return static_cast<std::size_t>(i) % DigitQuestions::kinds.size(); }
  std::span<float> step(Index i) { return {x[i].data(), static_cast<std::size_t>(x.extent(2))}; }
  heed::LabelledSequences<float> view() const { return {x.view(), answers, {}}; }
};

std::vector<std::int32_t> to_tokens(const heed::Vocabulary& vocabulary, const std::vector<std::string>& words) {
  std::vector<std::int32_t> tokens;
  for (const std::string& word : words) {
    heed::require(vocabulary.contains(word), [&] {
      return heed::Fault{"an unknown word", "question", heed::joined(vocabulary.words()), heed::in_quotes(word)};
    });
    tokens.push_back(vocabulary.token(word));
  }
  return tokens;
}

/// As many questions about each image, of one kind after another.
Questions draw(const Model& model, const Images& images, Index each, heed::Key key) {
  Questions q{{}, heed::Tensor<float, 3>({images.count() * each, 1, model.input().size()}), {}};
  const heed::Vocabulary vocabulary(model.words);
  for (Index i = 0; i < q.x.extent(0); ++i) {
    const auto digit = images.class_of(i / each);
    q.asked.push_back(DigitQuestions::draw(q.kind(i), digit, key.child(static_cast<std::uint64_t>(i))));
    model.input().join<float>(images.pixels(i / each), to_tokens(vocabulary, q.asked.back().words), q.step(i));
    q.answers.push_back(q.asked.back().answer);
  }
  return q;
}

Images read(const Arguments& a, const std::filesystem::path& path, std::uint64_t part, Index count) {
  const std::vector<std::string> digits = heed::LabelMap::fixed(10).names;
  return path.empty() ? support::drawn_digits(heed::Key{a.fit.seed}.child(part), count)
                      : support::read_images(path, a.options.image, a.largest, &digits);
}

/// An image, the answer to a question, and how much of it comes from the image and from each word: the mean over the
/// heads of attention.
void show(const Model& model, std::span<const float> pixels, const std::vector<std::string>& words,
          const std::string& truth) {
  std::vector<float> step(static_cast<std::size_t>(model.input().size()));
  model.input().join<float>(pixels, to_tokens(heed::Vocabulary(model.words), words), step);
  heed::Predictor predictor(model);
  const auto one = heed::view(std::as_const(step), {Index(1), Index(1), model.input().size()});
  const heed::Tensor<float, 3> weights = predictor.attention_weights(one);
  const auto answer = predictor(one[0]);
  const auto best = static_cast<std::size_t>(answer.label);
  std::vector<std::string> beside{heed::joined(words) + "  " + model.labels[best] + truth};
  for (std::size_t k = 0; k <= words.size(); ++k) {
    double weight = 0;
    for (Index head = 0; head < weights.extent(1); ++head) {
      weight += static_cast<double>(weights(0, head, static_cast<Index>(k)) / static_cast<float>(weights.extent(1)));
    }
    char line[80];
    std::snprintf(line, sizeof line, "  %-8s %.2f ", k == 0 ? "(image)" : words[k - 1].c_str(), weight);
    beside.push_back(line + std::string(static_cast<std::size_t>(std::lround(40 * weight)), '='));
  }
  auto rows = support::shade_rows(pixels, model.options.image.height);
  rows.resize(std::max(rows.size(), beside.size()), std::string(rows.front().size(), ' '));
  std::puts("");
  for (std::size_t y = 0; y < rows.size(); ++y) {
    std::printf("  %s  %s\n", rows[y].c_str(), y < beside.size() ? beside[y].c_str() : "");
  }
}

/// The share of right answers to questions of each kind and to all.
void measure(const Arguments& a, const Model& model, const Images& images, const Questions* learnt = nullptr) {
  const Questions q = draw(model, images, std::ssize(DigitQuestions::kinds), heed::Key{a.fit.seed}.child(4));
  const heed::Tensor<float, 2> p = heed::predict(model, q.x.view());
  std::array<double, DigitQuestions::kinds.size()> right{};
  for (Index i = 0; i < p.extent(0); ++i) {
    const auto row = p[i];
    right[q.kind(i)] +=
        std::max_element(row.begin(), row.end()) - row.begin() == q.answers[static_cast<std::size_t>(i)];
  }
  const auto each = static_cast<double>(images.count());
  double sum = 0;
  for (std::size_t k = 0; k < right.size(); ++k) {
    std::printf("%-34s %.4f\n", DigitQuestions::kinds[k], right[k] / each);
    sum += right[k];
  }
  std::printf("test accuracy %.4f of %td questions about %td images\n", sum / static_cast<double>(p.extent(0)),
              p.extent(0), images.count());
  if (learnt)
    std::printf("the commonest answer to each question %.4f\n", support::commonest_answers(learnt->asked, q.asked));
  for (Index i = 0; i < std::min(a.show, images.count()); ++i) {
    const DigitQuestion& one = q.asked[static_cast<std::size_t>(i * std::ssize(right) + i % std::ssize(right))];
    show(model, images.pixels(i), one.words, ", right: " + model.labels[static_cast<std::size_t>(one.answer)]);
  }
}

void train(Arguments& a) {
  if (a.train.empty()) a.fit.epochs = std::min(a.fit.epochs, 8);
  const Images images = read(a, a.train, 1, 1000);
  const bool measured = !a.test.empty() || a.train.empty();
  const Images test = measured ? read(a, a.test, 2, 300) : Images{};
  const std::vector<std::string> words = DigitQuestions::words();
  a.options.tokens = heed::Vocabulary(words).size();
  a.options.classes = std::ssize(DigitQuestions::answers());
  Model model(a.options);
  model.initialize(heed::Key{a.fit.seed});
  model.words = words;
  model.labels = DigitQuestions::answers();
  const Questions questions = draw(model, images, a.questions, heed::Key{a.fit.seed}.child(3));
  std::printf("%td questions about %td images, %td words, %td answers, %td parameters\n", questions.x.extent(0),
              images.count(), std::ssize(words), a.options.classes, heed::parameter_count(model));
  if (!a.model.empty()) heed::check_writable(a.model);
  a.fit.schedule = heed::CosineSchedule{};
  a.fit.callbacks.push_back(heed::plain_progress(stdout, std::max(1, a.fit.epochs / 5)));
  const heed::InterruptGuard guard;
  a.fit.stop = guard.signal();
  const heed::History history = heed::fit(model, questions.view(), a.fit);
  heed::require(history.outcome != heed::Outcome::diverged, [] { return heed::Fault{"the training diverged"}; });
  if (history.outcome == heed::Outcome::cancelled) std::puts("interrupted: the weights so far are kept");
  if (!a.model.empty()) heed::save(model, a.model);
  if (measured) measure(a, model, test, &questions);
}

void run(Arguments& a) {
  if (a.ask.empty() && (!a.train.empty() || a.test.empty())) return train(a);
  const auto model = heed::load<Model>(a.model);
  a.options = model.options;
  const Images test = read(a, a.test, 2, 300);
  if (a.ask.empty()) return measure(a, model, test);
  const std::vector<std::string> words = heed::tokenize_13a(heed::lower_case(a.ask));
  for (Index i = 0; i < std::min(a.show, test.count()); ++i) show(model, test.pixels(i), words, "");
}

}  // namespace

int main(int argc, char** argv) {
  Arguments a;
  CLI::App program("Answers questions about digits; without --train and --test about digits it draws itself",
                   "questions");
  program.add_option("--train", a.train, "A line an image: its pixels, row by row, and its digit");
  program.add_option("--test", a.test, "The same, to measure on");
  program.add_option("--model", a.model, "Where the model is kept; without --train it is loaded");
  program.add_option("--ask", a.ask, "A question about the first images of --test, for a model that is kept")
      ->excludes("--train")
      ->needs("--model");
  program.add_option("--show", a.show, "So many images")->check(CLI::NonNegativeNumber);
  program.add_option("--side", a.options.image.height, "Of an image, in pixels")->check(CLI::Range(2, 4096));
  program.add_option("--largest", a.largest, "Value of a pixel")->check(CLI::PositiveNumber);
  program.add_option("--questions", a.questions, "About each image of --train")->check(CLI::PositiveNumber);
  program.add_option("--channels", a.options.channels, "Of the convolution");
  program.add_option("--embedding", a.options.embedding, "Numbers a word");
  program.add_option("--hidden", a.options.hidden, "Size of the LSTM, and of the image's vector");
  program.add_option("--heads", a.options.heads, "Of attention");
  program.add_option("--epochs", a.fit.epochs, "Passes over the questions")->check(CLI::PositiveNumber);
  program.add_option("--batch", a.fit.batch_size, "Questions a step")->check(CLI::PositiveNumber);
  program.add_option("--learning-rate", a.fit.learning_rate, "Of Adam; it falls to 0")->check(CLI::PositiveNumber);
  program.add_option("--weight-decay", a.fit.weight_decay, "Of AdamW")->check(CLI::NonNegativeNumber);
  program.add_option("--threads", a.fit.threads, "0: as many as the machine has")->check(CLI::NonNegativeNumber);
  program.add_option("--seed", a.fit.seed, "Of everything that is drawn")->check(CLI::NonNegativeNumber);
  program.callback([&] {
    a.options.image.width = a.options.image.height;
    if (!a.test.empty() && a.train.empty() && a.model.empty()) throw CLI::RequiresError("--test", "--train or --model");
  });
  return support::run_command(program, argc, argv, [&] { run(a); });
}
