#include "heed/core/streaming.hpp"

#include <gtest/gtest.h>

#include "../support/error_of.hpp"
#include "heed/compose/sequential.hpp"
#include "heed/layers/attention_pool.hpp"
#include "heed/layers/dense.hpp"
#include "heed/layers/dropout.hpp"
#include "heed/layers/pooling.hpp"
#include "heed/layers/transformer_decoder_block.hpp"

namespace streaming_test {

using heed::Index;
using heed::StreamLayer;
using test_support::error_of;

struct Plain {
  using Scalar = float;
  using Input = float;
  struct Cache {};
  heed::Shape output_shape(heed::Shape x) const { return x; }
  void forward(heed::Tile<const float>, heed::Tile<float>, Cache&, const heed::Pass&) const {}
  static void visit(auto&&, auto&...) {}
};
struct SaysNo : Plain {
  static constexpr bool stepwise = false;
};
struct HalfAProtocol : Plain {
  Index prepare_stream(heed::Shape, Cache&) const { return 0; }
};

TEST(Streaming, KnowsWhichLayersStream) {
  static_assert(StreamLayer<heed::Dense<float>> && StreamLayer<heed::Dropout<double>>);
  static_assert(StreamLayer<heed::AttentionPool<float>> && StreamLayer<heed::LastPool<float>>);
  static_assert(!StreamLayer<Plain> && !StreamLayer<SaysNo> && !StreamLayer<HalfAProtocol> && !StreamLayer<int>);
  static_assert(!StreamLayer<heed::TransformerDecoderBlock<float>>);  // it has two inputs
}

TEST(Streaming, OfSequencesLooksAsFarAsTheFirstPool) {
  using heed::Sequential;
  using Pool = heed::LastPool<float>;
  static_assert(StreamLayer<Sequential<heed::Dense<float>, Pool>>);
  static_assert(!StreamLayer<Sequential<Plain, Pool>> && StreamLayer<Sequential<Pool, Plain>>);
  static_assert(StreamLayer<Sequential<Sequential<heed::Dense<float>, Pool>, Plain>>);
  static_assert(heed::gives_one_step<Pool> && heed::gives_one_step<Sequential<Sequential<Pool>, Plain>>);
  static_assert(!heed::gives_one_step<Sequential<heed::Dense<float>>>);
}

TEST(Streaming, LayersTakeTheirNumbersInTurn) {
  double numbers[6] = {};
  heed::StreamMemory<double> memory{.numbers = numbers, .step = 0};
  EXPECT_EQ(memory.take(2), numbers);
  EXPECT_EQ(memory.take(0), numbers + 2);
  EXPECT_EQ(memory.take(4), numbers + 2);
  EXPECT_EQ(memory.numbers, numbers + 6);
}

TEST(Streaming, AttentionMustBeCausalAndKnowItsLength) {
  EXPECT_NO_THROW(heed::detail::check_causal(true, "It"));
  EXPECT_EQ(error_of([] { heed::detail::check_causal(false, "It"); }),
            "It: an attention that looks ahead has no next step (expected causal to be on, got off)");
  EXPECT_EQ(heed::detail::all_steps(3, 5, "It"), 15);
  EXPECT_EQ(error_of([] { heed::detail::all_steps(0, 5, "It"); }),
            "It: attention remembers all steps of a stream (expected max_steps of at least 1, got none)");
}

}  // namespace streaming_test
