#include "heed/models/seq2seq_encoder.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "../support/reference.hpp"

namespace seq2seq_encoder_test {

using heed::Bridge;
using heed::Index;
using heed::Seq2SeqEncoder;
using heed::Tile;

constexpr heed::Seq2SeqOptions small{
    .source_tokens = 6, .target_tokens = 4, .embedding = 3, .hidden = 2, .layers = 2, .dropout = 0};
constexpr Index steps = 4, lanes = 3;
const std::vector<std::int32_t> tokens{1, 2, 3, 4, 5, 1, 2, 3, 4, 5, 1, 2}, lengths{4, 2, 3};

struct Encoded {
  explicit Encoded(const heed::Seq2SeqOptions& o) : encoder(o) {
    encoder.initialize(heed::Key{5});
    encoder.forward(Tile<const std::int32_t>(tokens.data(), {steps, 1}, lanes, lengths.data()), cache,
                    heed::Pass{scratch});
  }
  Seq2SeqEncoder<double> encoder;
  Seq2SeqEncoder<double>::Cache cache;
  heed::Scratch scratch;
};

TEST(Seq2SeqEncoder, PassesTheStatesOfOneDirectionOn) {
  const Encoded e(small);
  const auto memory = e.encoder.memory(e.cache), h = e.encoder.first(e.cache).h, c = e.encoder.first(e.cache).c;
  EXPECT_EQ(memory.shape(), (heed::Shape{steps, 2}));
  EXPECT_EQ(h.shape(), (heed::Shape{2, 2}));
  for (Index l = 0; l < lanes; ++l) {
    for (Index f = 0; f < 2; ++f) {
      EXPECT_EQ(h.at(1, f)[l], memory.at(lengths[static_cast<std::size_t>(l)] - 1, f)[l]) << "the top layer's last";
      EXPECT_NE(c.at(1, f)[l], 0);
      if (lengths[static_cast<std::size_t>(l)] < steps) {
        EXPECT_EQ(memory.at(steps - 1, f)[l], 0);
      }
    }
  }
}

TEST(Seq2SeqEncoder, BridgesTwoDirectionsByASumOrByWeights) {
  heed::Seq2SeqOptions o = small;
  o.bidirectional = true;
  o.bridge = Bridge::sum;
  const Encoded sum(o);
  o.bridge = Bridge::dense;
  const Encoded dense(o);
  EXPECT_EQ(sum.encoder.memory(sum.cache).features, 4);
  const auto h = sum.cache.final_h.view(), first = sum.encoder.first(sum.cache).h;
  const auto d = dense.cache.final_h.view(), bridged = dense.encoder.first(dense.cache).h;
  for (Index layer = 0; layer < 2; ++layer) {
    for (Index l = 0; l < lanes; ++l) {
      for (Index f = 0; f < 2; ++f) {
        EXPECT_EQ(first.at(layer, f)[l], h.at(2 * layer, f)[l] + h.at(2 * layer + 1, f)[l]);
        double z = dense.encoder.fc_hidden.bias(f);
        for (Index k = 0; k < 4; ++k) {
          z += dense.encoder.fc_hidden.weight(f, k) * d.at(2 * layer + k / 2, k % 2)[l];
        }
        EXPECT_NEAR(bridged.at(layer, f)[l], std::tanh(z), 1e-14);
      }
    }
  }
}

}  // namespace seq2seq_encoder_test
