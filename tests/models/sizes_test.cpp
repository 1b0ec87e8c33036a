// A size that cannot be is an Error, wherever it comes in: negative, so large that products wrap, or more than there is
// memory for.

#include <gtest/gtest.h>

#include <cstdint>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "../support/error_of.hpp"
#include "../support/sanitized.hpp"
#include "heed/heed.hpp"

namespace sizes_test {

using namespace heed;
using test_support::error_of;
using Model = SequenceClassifier<float>;

struct Case {
  const char* name;
  std::function<void(Index)> make;
};

/// One action a long, one observation.
struct Episode {
  static Index observation_size() { return 1; }
  static Index actions() { return 2; }
  void reset(Key) {}
  ActionResult step(std::int32_t) { return {.terminal = true}; }
  template <class S>
  void observe(std::span<S> to) const {
    to[0] = 0;
  }
};

const Tensor<float, 3> sequences({4, 3, 2});
const std::vector<std::int32_t> labels{0, 1, 0, 1}, source{4, 5, 6};

void fit_with(FitOptions o) {
  Model model({.features = 2, .classes = 2, .hidden = 2});
  o.threads = 1;
  fit(model, LabelledSequences<float>{sequences, labels}, o);
}
void learn_with(QLearningOptions o) {
  AttentionQNetwork<float> model({.features = 1, .actions = 2, .hidden = 4});
  o.threads = 1;
  o.steps = 5;
  learn_q(model, Episode(), o);
}
void decode_with(const DecodeOptions& o) {
  const Seq2Seq<float> model({.source_tokens = 7, .target_tokens = 8, .embedding = 3, .hidden = 4, .layers = 1});
  SequenceDecoder<Seq2Seq<float>> decode(model, o);
  decode(view(source, {3, 1}));
}

const std::vector<Case> cases{
    {"Tensor1", [](Index n) { Tensor<float, 1> t({n}); }},
    {"Tensor2", [](Index n) { Tensor<float, 2> t({n, 3}); }},
    {"TensorView",
     [](Index n) {
       float f = 0;
       TensorView<float, 2> t(&f, {n, n});
     }},
    {"Matrix", [](Index n) { Matrix<float> m(n, 2); }},
    {"Vector", [](Index n) { Vector<double> m(n); }},
    {"Table", [](Index n) { Table<float> m(n, n); }},
    {"Table2", [](Index n) { Table<float> m(3, n); }},
    {"Dense in", [](Index n) { Dense<float> l({.in_features = n, .out_features = 2}); }},
    {"Dense both", [](Index n) { Dense<float> l({.in_features = n, .out_features = n}); }},
    {"Embedding", [](Index n) { Embedding<float> l({.num_embeddings = n, .embedding_dim = n}); }},
    {"Embedding dim", [](Index n) { Embedding<float> l({.num_embeddings = 3, .embedding_dim = n}); }},
    {"Joined", [](Index n) { JoinedEmbedding<float> l({.num_embeddings = {n, n}, .embedding_dims = {n, n}}); }},
    {"Joined dims", [](Index n) { JoinedEmbedding<float> l({.num_embeddings = {2, 2}, .embedding_dims = {n, n}}); }},
    {"Lstm hidden", [](Index n) { Lstm<float> l({.input_size = 2, .hidden_size = n}); }},
    {"Lstm input", [](Index n) { Lstm<float> l({.input_size = n, .hidden_size = 2}); }},
    {"Lstm layers", [](Index n) { Lstm<float> l({.input_size = 2, .hidden_size = 2, .num_layers = n}); }},
    {"Lstm bi",
     [](Index n) { Lstm<float> l({.input_size = 2, .hidden_size = n, .num_layers = 2, .bidirectional = true}); }},
    {"Gru", [](Index n) { Gru<float> l({.input_size = 2, .hidden_size = n}); }},
    {"Rnn", [](Index n) { Rnn<float> l({.input_size = 2, .hidden_size = n}); }},
    {"LayerNorm", [](Index n) { LayerNorm<float> l({n}); }},
    {"AttentionPool", [](Index n) { AttentionPool<float> l({.features = n}); }},
    {"Additive", [](Index n) { AdditiveAttention<float> l({.query_size = n, .memory_size = n, .attention_size = n}); }},
    {"Additive1",
     [](Index n) { AdditiveAttention<float> l({.query_size = n, .memory_size = 2, .attention_size = 2}); }},
    {"Additive2",
     [](Index n) { AdditiveAttention<float> l({.query_size = 2, .memory_size = 2, .attention_size = n}); }},
    {"Dot", [](Index n) { DotAttention<float> l({.query_size = n, .memory_size = n, .output_size = n}); }},
    {"Dot1", [](Index n) { DotAttention<float> l({.query_size = 2, .memory_size = 2, .output_size = n}); }},
    {"General", [](Index n) { GeneralAttention<float> l({.query_size = n, .memory_size = 2}); }},
    {"Any", [](Index n) { AnyAttention<float> l({.query_size = 2, .memory_size = n, .attention_size = n}); }},
    {"QueryPool", [](Index n) { QueryPool<AdditiveAttention<float>> l({.query_size = n, .memory_size = 2}); }},
    {"MHA dim", [](Index n) { MultiHeadAttention<float> l({.embed_dim = n, .num_heads = 1}); }},
    {"MHA heads", [](Index n) { MultiHeadAttention<float> l({.embed_dim = 4, .num_heads = n}); }},
    {"MHA kdim", [](Index n) { MultiHeadAttention<float> l({.embed_dim = 4, .num_heads = 2, .kdim = n, .vdim = n}); }},
    {"FeedForward", [](Index n) { FeedForward<float> l({4, n}); }},
    {"EncoderBlock",
     [](Index n) { TransformerEncoderBlock<float> l({.d_model = 4, .num_heads = 2, .dim_feedforward = n}); }},
    {"DecoderBlock",
     [](Index n) { TransformerDecoderBlock<float> l({.d_model = 4, .num_heads = 2, .memory_size = n}); }},
    {"Repeat", [](Index n) { Repeat<Dense<float>> l(n, {.in_features = 2, .out_features = 2}); }},
    {"Conv ch", [](Index n) { Conv2d<float> l({.in_channels = n, .out_channels = n, .height = 4, .width = 4}); }},
    {"Conv out", [](Index n) { Conv2d<float> l({.in_channels = 1, .out_channels = n, .height = 4, .width = 4}); }},
    {"Conv hw",
     [](Index n) {
       Conv2d<float> l({.in_channels = 1, .out_channels = 1, .height = n, .width = n});
       l.output_shape({1, 16});
     }},
    {"Conv kernel",
     [](Index n) {
       Conv2d<float> l({.in_channels = 1, .out_channels = 1, .height = 4, .width = 4, .kernel_size = n});
     }},
    {"Conv stride",
     [](Index n) {
       Conv2d<float> l({.in_channels = 1, .out_channels = 1, .height = 4, .width = 4, .stride = n});
       l.output_shape({1, 16});
     }},
    {"Conv padding",
     [](Index n) {
       Conv2d<float> l({.in_channels = 1, .out_channels = 1, .height = 4, .width = 4, .padding = n});
       l.output_shape({1, 16});
     }},
    {"Conv pad kernel",
     [](Index n) {
       Conv2d<float> l({.in_channels = 1, .out_channels = 1, .height = 4, .width = 4, .kernel_size = n, .padding = n});
       l.output_shape({1, 16});
     }},
    {"Pool ch",
     [](Index n) {
       MaxPool2d<float> l({.channels = n, .height = 4, .width = 4});
       l.output_shape({1, 16});
     }},
    {"Pool h",
     [](Index n) {
       MaxPool2d<float> l({.channels = 1, .height = n, .width = 4});
       l.output_shape({1, 16});
     }},
    {"Pool hwc",
     [](Index n) {
       MaxPool2d<float> l({.channels = n, .height = n, .width = n});
       l.output_shape({1, 16});
     }},
    {"Pool kernel", [](Index n) { MaxPool2d<float> l({.channels = 1, .height = 4, .width = 4, .kernel_size = n}); }},
    {"Pool stride",
     [](Index n) {
       MaxPool2d<float> l({.channels = 1, .height = 4, .width = 4, .stride = n});
       l.output_shape({1, 16});
     }},
    {"Flatten",
     [](Index n) {
       Flatten<float> l({.channels = n, .height = n, .width = 4});
       l.output_shape({1, 16});
     }},
    {"Patch",
     [](Index n) {
       PatchEmbedding<float> l({.channels = 1, .height = 4, .width = 4, .patch_size = n, .embed_dim = 2});
     }},
    {"Patch dim",
     [](Index n) {
       PatchEmbedding<float> l({.channels = 1, .height = 4, .width = 4, .patch_size = 2, .embed_dim = n});
     }},
    {"Patch image",
     [](Index n) {
       PatchEmbedding<float> l({.channels = n, .height = n, .width = n, .patch_size = 2, .embed_dim = 2});
     }},
    {"Patch height",
     [](Index n) {
       PatchEmbedding<float> l({.channels = 1, .height = n, .width = 4, .patch_size = 2, .embed_dim = 2});
     }},
    {"ShiftedPatch",
     [](Index n) {
       ShiftedPatchEmbedding<float> l({.channels = n, .height = 4, .width = 4, .patch_size = 2, .embed_dim = 2});
     }},
    {"Learned", [](Index n) { LearnedPositions<float> l({.max_steps = n, .features = n}); }},
    {"GraphAtt", [](Index n) { GraphAttention<float> l({.in_features = n, .out_features = n, .heads = 2}); }},
    {"GraphAtt heads", [](Index n) { GraphAttention<float> l({.in_features = 2, .out_features = 2, .heads = n}); }},
    {"AnyPositions",
     [](Index n) { AnyPositions<float> l({.kind = PositionKind::learned, .max_steps = n, .features = 4}); }},
    {"Classifier", [](Index n) { Model m({.features = n, .classes = n, .hidden = n}); }},
    {"Classifier layers", [](Index n) { Model m({.features = 2, .classes = 2, .hidden = 2, .layers = n}); }},
    {"Classifier heads",
     [](Index n) {
       Model m({.features = 2, .classes = 2, .hidden = 4, .attention = Attention::multihead, .heads = n});
     }},
    {"Text", [](Index n) { TextClassifier<float> m({.tokens = n, .embedding = n, .classifier = {.classes = 2}}); }},
    {"Language", [](Index n) { LanguageModel<float> m({.tokens = n}); }},
    {"Tagger", [](Index n) { Tagger<float> m({.tokens = {n}, .embedding = {n}, .classes = 2}); }},
    {"Seq2Seq",
     [](Index n) { Seq2Seq<float> m({.source_tokens = n, .target_tokens = n, .embedding = 4, .hidden = n}); }},
    {"Vit",
     [](Index n) {
       VisionTransformer<float> m({.image = {.channels = n, .height = n, .width = n}, .patch_size = n, .classes = 2});
     }},
    {"Gat", [](Index n) { GraphAttentionNetwork<float> m({.features = n, .classes = n}); }},
    {"Captioner",
     [](Index n) {
       ImageCaptioner<float> m({.image = {.channels = 1, .height = n, .width = n}, .tokens = 6, .max_tokens = n});
     }},
    {"Multimodal",
     [](Index n) {
       MultimodalClassifier<float> m(
           {.image = {.channels = 1, .height = n, .width = n}, .max_words = n, .tokens = 6, .classes = 2});
     }},
    {"QNet", [](Index n) { AttentionQNetwork<float> m({.features = n, .actions = n, .hidden = 4}); }},
    {"QNet steps",
     [](Index n) {
       AttentionQNetwork<float> m(
           {.features = 1, .actions = 2, .hidden = 4, .positions = PositionKind::learned, .steps = n});
     }},
    {"Stream",
     [](Index n) {
       Model m({.features = 2, .classes = 2, .hidden = 2, .attention = Attention::additive});
       Stream<Model> s(m, {.max_steps = n});
     }},
    {"Stream pool",
     [](Index n) {
       Model m({.features = 2, .classes = 2, .hidden = 2});
       Stream<Model> s(m, {.max_steps = n});
     }},
    {"Stream mha",
     [](Index n) {
       Model m({.features = 2, .classes = 2, .hidden = 2, .attention = Attention::multihead});
       Stream<Model> s(m, {.max_steps = n});
     }},
    {"Stream last features",
     [](Index n) {
       LastPool<float> m;
       Stream<LastPool<float>> s(m, {.features = n});
     }},
    {"Stream mean features",
     [](Index n) {
       MeanPool<float> m;
       Stream<MeanPool<float>> s(m, {.features = n});
     }},
    {"decode steps", [](Index n) { decode_with({.max_steps = n}); }},
    {"decode steps beam", [](Index n) { decode_with({.max_steps = n, .beam = 4}); }},
    {"decode beam", [](Index n) { decode_with({.max_steps = 4, .beam = n}); }},
    {"decode lanes", [](Index n) { decode_with({.max_steps = 4, .lanes = n}); }},
    {"fit tile", [](Index n) { fit_with({.tile_width = n}); }},
    {"fit threads",
     [](Index n) {
       Model m({.features = 2, .classes = 2, .hidden = 2});
       fit(m, LabelledSequences<float>{sequences, labels}, {.epochs = 1, .threads = n < 0 ? -1 : 1 << 30});
     }},
    {"q window", [](Index n) { learn_with({.window = n}); }},
    {"q nstep", [](Index n) { learn_with({.n_step = n}); }},
    {"q replay", [](Index n) { learn_with({.replay = n}); }},
    {"q batch", [](Index n) { learn_with({.warmup = 0, .update = {.batch_size = n}}); }},
    {"q episodes", [](Index n) { learn_with({.evaluate_every = 2, .evaluation_episodes = n}); }},
    {"episodes",
     [](Index n) {
       AttentionQNetwork<float> m({.features = 1, .actions = 2, .hidden = 4});
       play_episodes(m, Episode(), 3, {}, n, 1);
     }},
    {"episodes steps",
     [](Index n) {
       AttentionQNetwork<float> m({.features = 1, .actions = 2, .hidden = 4});
       play_episodes(m, Episode(), n, {}, 2, 1);
     }},
    {"Replay", [](Index n) { ReplayBuffer<float> r(n, {2, 2}); }},
    {"Replay shape", [](Index n) { ReplayBuffer<float> r(2, {n, n}); }},
    {"Window", [](Index n) { ObservationWindow<float> r({n, n}); }},
    {"Window1", [](Index n) { ObservationWindow<float> r({n, 1}); }},
    {"Transitions", [](Index n) { TransitionMaker<float> r({2, 1}, 0.9, n); }},
    {"Graph", [](Index n) { Graph g(n, {}); }},
    {"Graph1",
     [](Index n) {
       std::vector<Edge> e{{0, n}};
       Graph g(3, e);
     }},
    {"LabelsView",
     [](Index n) {
       LabelsView v(labels, n);
       if (v.size()) (void)v[0];
     }},
    {"LabelMap", [](Index n) { LabelMap::fixed(n); }},
    {"balanced", [](Index n) { balanced_class_weights(labels, n); }},
    {"split", [](Index n) { random_split(n, 0.5, {}); }},
    {"ThreadPool", [](Index n) { ThreadPool t(n > 0 ? 1 << 30 : -1); }},
    {"predictor steps",
     [](Index n) {
       Model m({.features = 2, .classes = 2, .hidden = 2});
       Predictor<Model> p(m);
       float f[2] = {};
       p(f, n < 0 ? n : 0, 2);
     }},
    {"predictor features",
     [](Index n) {
       Model m({.features = 2, .classes = 2, .hidden = 2});
       Predictor<Model> p(m);
       float f[2] = {};
       p(f, 1, n);
     }},
    {"schedule step",
     [](Index n) { fit_with({.schedule = StepSchedule{.every = static_cast<int>(std::clamp<Index>(n, -1, 0))}}); }},
};

TEST(Sizes, ThatCannotBeAreErrors) {
  constexpr Index most = std::numeric_limits<Index>::max();
  std::vector<Index> sizes{-1, std::numeric_limits<Index>::min()};
  if (!test_support::sanitized) sizes.insert(sizes.end(), {most / 8, most / 4 + 1, most});
  for (const Case& c : cases) {
    for (const Index size : sizes) {
      EXPECT_NE(error_of([&] { c.make(size); }), "no error") << c.name << ", " << size;
    }
  }
}

TEST(Sizes, OfADecoderCostNothingUntilStepsCome) {
  const Seq2Seq<float> model({.source_tokens = 7, .target_tokens = 8, .embedding = 3, .hidden = 4, .layers = 1});
  const Index before = allocated_bytes();
  for (const Index beam : {1, 3}) {
    // a biased model ends at once; the room for two thousand million steps is not taken
    Seq2Seq<float> brief = model;
    brief.decoder.fc_out.bias(3) = 100;
    SequenceDecoder<Seq2Seq<float>> decode(brief,
                                           {.max_steps = std::numeric_limits<std::int32_t>::max(), .beam = beam});
    EXPECT_TRUE(decode(view(source, {3, 1})).tokens.empty());
  }
  EXPECT_LT(allocated_bytes() - before, Index(1) << 22);
}

TEST(Sizes, OfLabelsAreThoseOfWholeSequences) {
  EXPECT_EQ(LabelsView(labels, 2).rows().extent(0), 2);
  EXPECT_EQ(error_of([] { LabelsView(labels, 3); }),
            "LabelsView: labels end within a sequence (expected a multiple of 3, got 4)");
  EXPECT_NE(error_of([] { LabelsView(labels, 0); }), "no error");
}

}  // namespace sizes_test
