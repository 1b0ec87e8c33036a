// The code of the section "In a real-time thread" of the page "Streaming and real time".

#include <heed/infer/predictor.hpp>
#include <heed/infer/stream.hpp>
#include <heed/models/sequence_classifier.hpp>

#include <cstdio>
#include <span>
#include <string_view>
#include <vector>

namespace {

// [thread]
using Model = heed::SequenceClassifier<float>;

class Watch {
 public:
  explicit Watch(const Model& model)  // before the thread starts: takes all memory
      : stream_(model, {.max_steps = 100}), predictor_(model, {.max_steps = 10}) {}

  // in the thread: one step of a sequence that goes on
  void feed(std::span<const float> step) noexcept {
    const auto logits = stream_.try_step(step);
    if (logits) return;
    if (logits.status == heed::InferenceStatus::too_many_steps) stream_.reset();
    reason_ = to_text(logits.status);  // no allocation: the texts are constants
  }

  // in the thread: a whole window of 1 to 10 steps
  heed::Index label(std::span<const float> window) noexcept {
    const auto steps = static_cast<heed::Index>(window.size()) / 5;
    const auto answer = predictor_.try_predict(window.data(), steps, 5);
    return answer ? answer.value.label : -1;
  }

  std::string_view reason() const { return reason_; }

 private:
  heed::Stream<Model> stream_;
  heed::Predictor<Model> predictor_;
  std::string_view reason_ = "none";
};
// [/thread]

}  // namespace

int main() {
  const Model model({.features = 5, .classes = 3});
  Watch watch(model);
  std::vector<float> window(50, 0.5F);
  std::printf("a label: %s\n", watch.label(window) >= 0 ? "yes" : "no");
  window.resize(55);
  std::printf("of eleven steps: %d\n", static_cast<int>(watch.label(window)));

  for (int i = 0; i < 100; ++i) watch.feed(std::span(window).first(5));
  std::printf("refused so far: %s\n", watch.reason().data());
  watch.feed(std::span(window).first(4));
  std::printf("refused: %s\n", watch.reason().data());
  watch.feed(std::span(window).first(5));
  std::printf("refused: %s\n", watch.reason().data());
}
