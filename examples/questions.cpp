/// Answers questions about images of digits, such as "is it larger than four ?". An LSTM reads the words, convolutions
/// see the image, and attention combines them. Shows the attention to the image and to each word.
///
///     questions --train optdigits.tra --test optdigits.tes --model questions.safetensors
///     questions --test optdigits.tes --model questions.safetensors --ask "is it larger than four ?"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "heed/heed.hpp"
#include "heed/io/safetensors.hpp"
#include "support/command.hpp"
#include "support/image_program.hpp"
#include "support/question_map.hpp"
#include "support/question_task.hpp"

namespace {

using heed::Index;
using support::DigitQuestion;
using support::DigitQuestions;
using support::Images;
using support::QuestionTask;
using Model = heed::MultimodalClassifier<float>;

constexpr heed::Key of_tests{0x7e575};  // the same for all seeds

struct Arguments : support::ImageArguments {
  std::optional<std::string> ask;
  Index questions = 10, show = 5;  // per image; images
  heed::MultimodalClassifierOptions options{.image = {.channels = 1, .height = 8, .width = 8},
                                            .max_words = DigitQuestions::most_words};
  heed::FitOptions fit{.epochs = 20, .learning_rate = 4e-3, .weight_decay = 0.01, .batch_size = 64, .clip_norm = 1};
};

QuestionTask draw(const Model& model, const Images& images, Index each, heed::Key key) {
  return {model.input(), heed::Vocabulary(model.words), images, each, key};
}

Images read(const Arguments& a, const std::filesystem::path& path, heed::Key key, Index count) {
  const std::vector<std::string> digits = heed::LabelMap::fixed(10).names;
  return path.empty() ? support::drawn_digits(key, count)
                      : support::read_images(path, a.options.image, a.largest, &digits);
}

const std::string& label(const Model& model, Index i) { return model.labels[static_cast<std::size_t>(i)]; }

/// The answer, and the image's attention to itself and to each word: the mean over the heads.
void show(const Model& model, std::span<const float> pixels, const std::vector<std::string>& words,
          const std::string& truth) {
  std::vector<float> step(static_cast<std::size_t>(model.input().size()));
  model.input().join<float>(pixels, support::known_tokens(heed::Vocabulary(model.words), words), step);
  const auto one = heed::view(std::as_const(step), {Index(1), Index(1), model.input().size()});
  heed::Predictor predictor(model);
  const heed::Tensor<float, 3> attention = predictor.attention_weights(one);
  std::vector<double> weights(static_cast<std::size_t>(attention.extent(2)));
  for (Index k = 0; k < attention.size(); ++k) {
    weights[static_cast<std::size_t>(k) % weights.size()] +=
        static_cast<double>(attention.data()[k]) / static_cast<double>(attention.extent(1));
  }
  const std::string title = heed::joined(words) + "  " + label(model, predictor(one[0]).label) + truth;
  std::printf("\n%s", support::question_map(pixels, model.options.image.height, title, words, weights).c_str());
}

/// The share of right answers for each kind of question, and for all.
void measure(const Arguments& a, const Model& model, const Images& images, const QuestionTask* learnt = nullptr) {
  const QuestionTask q = draw(model, images, std::ssize(DigitQuestions::kinds), of_tests.child(1));
  const heed::Tensor<float, 2> p = heed::predict(model, q.x.view());
  const auto right = q.right(p);
  for (std::size_t k = 0; k < right.size(); ++k) {
    std::printf("%-34s %.4f\n", DigitQuestions::kinds[k], right[k] / static_cast<double>(images.count()));
  }
  std::printf("test accuracy %.4f of %jd questions about %jd images\n", heed::accuracy(p.view(), std::span(q.answers)),
              p.extent(0), images.count());
  const double blind = learnt ? support::commonest_answers(learnt->asked, q.asked) : 0;
  if (learnt) std::printf("without the image, by the commonest answer to each question: %.4f\n", blind);
  if (a.show > 0) std::puts("\nhow much an image looks at itself and at each word of a question");
  for (Index i = 0; i < std::min(a.show, images.count()); ++i) {
    const DigitQuestion& one = q.asked[static_cast<std::size_t>(i * std::ssize(right) + i % std::ssize(right))];
    show(model, support::pixels_of(images, i), one.words, ", right: " + label(model, one.answer));
  }
}

void train(Arguments& a) {
  if (a.train.empty()) a.fit.epochs = std::min(a.fit.epochs, 10);
  const heed::Key key{a.fit.seed};
  const Images images = read(a, a.train, key.child(1), 1500);
  const Images test = a.measures() ? read(a, a.test, of_tests, 300) : Images{};
  a.options.tokens = heed::Vocabulary(DigitQuestions::words()).size();
  a.options.classes = std::ssize(DigitQuestions::answers());
  Model model(a.options);
  model.initialize(key);
  model.words = DigitQuestions::words();
  model.labels = DigitQuestions::answers();
  const QuestionTask questions = draw(model, images, a.questions, key.child(2));
  std::printf("%jd questions about %jd images, %jd words, %jd answers, %jd parameters\n", questions.count(),
              images.count(), std::ssize(model.words), a.options.classes, heed::parameter_count(model));
  a.fit.schedule = heed::CosineSchedule{};
  support::fit_images(model, questions.view(), a.fit, 5, a);
  if (a.measures()) measure(a, model, test, &questions);
}

void run(Arguments& a) {
  if (!a.ask && !a.loads()) return train(a);
  const auto model = heed::load<Model>(a.model);
  a.options = model.options;
  heed::require(model.labels == DigitQuestions::answers(),
                [&] { return heed::Fault{"not a model of questions about digits", a.model.string()}; });
  const Images test = read(a, a.test, of_tests, 300);
  if (!a.ask) return measure(a, model, test);
  std::vector<std::string> words = heed::tokenize_13a(heed::lower_case(*a.ask));
  heed::require(!words.empty(), [] { return heed::Fault{"an empty question"}; });
  if (words.back() != "?") words.emplace_back("?");
  heed::require(std::ssize(words) <= model.options.max_words, [&] {
    return heed::Fault{"too many words", "question", "at most " + std::to_string(model.options.max_words),
                       std::to_string(words.size())};
  });
  for (Index i = 0; i < std::min(a.show, test.count()); ++i) show(model, support::pixels_of(test, i), words, "");
}

}  // namespace

int main(int argc, char** argv) {
  Arguments a;
  CLI::App program("Answers questions about digits; without --train and --test about digits it draws itself",
                   "questions");
  support::define(program, a, a.options.image, a.fit);
  program
      .add_option("--ask", a.ask,
                  "A question about the first images of --test, for a model that is kept: is it larger than four ?")
      ->excludes("--train")
      ->needs("--model");
  program.add_option("--show", a.show, "So many images")->check(support::whole_from(0));
  program.add_option("--questions", a.questions, "About each image of --train")->check(support::whole_from(1));
  support::add_options(program, a.options);
  return support::run_command(program, argc, argv, [&] { run(a); });
}
