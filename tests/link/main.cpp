#include <cmath>
#include <cstdio>

#include "heed/io/weight_names.hpp"
#include "part.hpp"

namespace {

// The same numbers to rounding, whatever the instruction set.
bool agree(const char* name, const Part& part, const Part& reference) {
  if (part.numbers.size() != reference.numbers.size() || part.numbers.empty()) {
    return std::printf("%s: another number of numbers\n", name), false;
  }
  for (std::size_t i = 0; i < part.numbers.size(); ++i) {
    if (!(std::abs(part.numbers[i] - reference.numbers[i]) <= 1e-4)) {
      return std::printf("%s: number %zu is %g, not %g\n", name, i, part.numbers[i], reference.numbers[i]), false;
    }
  }
  return true;
}

// An error is the same type in all of them.
template <class E>
bool caught(void (*throwing)()) {
  try {
    throwing();
  } catch (const E& error) {
    return !error.fault().what.empty();
  } catch (...) {
    std::puts("an error of another instruction set is not heed::Error here");
  }
  return false;
}

bool expect(bool ok, const char* part, const char* what) {
  if (!ok) std::printf("%s: %s\n", part, what);
  return ok;
}

// Data of this object goes through functions of another, and comes back.
#define DATA_CROSSES(part)                                                                                            \
  [&] {                                                                                                               \
    const heed::TensorView<const float, 3> half = part::first_half(x);                                                \
    const heed::SequenceClassifierOptions there = part::options_of(part::metadata_of(options));                       \
    heed::History told;                                                                                               \
    int epochs = 0, kept = 0;                                                                                         \
    const heed::FitOptions fit{                                                                                       \
        .epochs = 3,                                                                                                  \
        .schedule = heed::CosineSchedule(),                                                                           \
        .threads = 1,                                                                                                 \
        .checkpoint = {.load = [](heed::TrainingState&) { return false; },                                            \
                       .save = [&](const heed::TrainingState& s) { kept += s.tensors.empty() ? 0 : 1; }},             \
        .callbacks = {[&](const heed::EpochRecord& r) { return epochs = r.epoch, true; }},                            \
        .history = &told};                                                                                            \
    const heed::History history = part::train(there, {x, labels}, fit);                                               \
    return expect(part::with_steps({4, 3}, 5) == heed::Shape{5, 3}, #part, "another shape") &&                        \
           expect(half.data() == x.data() && half.extent(0) == x.extent(0) / 2, #part, "another view") &&             \
           expect(part::copy_of(half).extents() == half.extents(), #part, "another tensor") &&                        \
           expect(part::labels_of(labels) == labels, #part, "other labels") &&                                        \
           expect(there == options, #part, "other options") &&                                                        \
           expect(history.epochs.size() == 3 && told.epochs.size() == 3 && epochs == 3 && kept == 3, #part,           \
                  "another history") &&                                                                               \
           expect(history.outcome == heed::Outcome::finished && history.epochs[2].loss == told.epochs[2].loss, #part, \
                  "another outcome");                                                                                 \
  }()

}  // namespace

int main() {
  constexpr int skipped = 77;
  if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma"))
    return std::puts("Skipped\nthis processor has no AVX2 and FMA"), skipped;
  const Part of_native = native::compute(), v2 = x86_64_v2::compute(), of_scalar = scalar::compute();
  if (v2.type == of_native.type) return std::printf("two instruction sets share the type %s\n", v2.type.c_str()), 1;
  if (of_native.type == of_scalar.type)
    return std::printf("packets and scalars share the type %s\n", of_native.type.c_str()), 1;
  if (!agree("x86-64-v2", v2, of_native) || !agree("scalar", of_scalar, of_native)) return 1;

  for (const auto& throwing : {native::throw_error, scalar::throw_error, x86_64_v2::throw_error})
    if (!caught<heed::Error>(throwing)) return 1;
  for (const auto& throwing : {scalar::throw_mismatch, x86_64_v2::throw_mismatch})
    if (!caught<heed::TensorMismatch>(throwing)) return 1;

  heed::Tensor<float, 3> x({8, 4, 3});
  std::vector<std::int32_t> labels;
  for (heed::Index i = 0; i < x.size(); ++i) x.data()[i] = static_cast<float>(i % 7);
  for (heed::Index i = 0; i < 8; ++i) labels.push_back(static_cast<std::int32_t>(i % 2));
  const heed::SequenceClassifierOptions options{.features = 3,
                                                .classes = 2,
                                                .hidden = 4,
                                                .dense = 2,
                                                .attention = heed::Attention::mean,
                                                .kernels = {3},
                                                .channels = {4}};
  return DATA_CROSSES(native) && DATA_CROSSES(scalar) && DATA_CROSSES(x86_64_v2) ? 0 : 1;
}
