#pragma once

// Small models from sequence to sequence, of every kind.

#include <vector>

#include "heed/models/seq2seq_options.hpp"

namespace test_support {

inline constexpr heed::Seq2SeqOptions small_seq2seq{.source_tokens = 6,
                                                    .target_tokens = 7,
                                                    .embedding = 3,
                                                    .hidden = 4,
                                                    .layers = 1,
                                                    .score = heed::ScoreKind::additive,
                                                    .dropout = 0};

inline std::vector<heed::Seq2SeqOptions> some_seq2seq_options() {
  std::vector<heed::Seq2SeqOptions> all;
  for (const heed::ScoreKind score :
       {heed::ScoreKind::additive, heed::ScoreKind::dot, heed::ScoreKind::scaled_dot, heed::ScoreKind::general}) {
    for (const bool both : {false, true}) {
      heed::Seq2SeqOptions o = small_seq2seq;
      o.score = score;
      o.bidirectional = both;
      o.layers = both ? 2 : 1;
      o.bridge = both && score == heed::ScoreKind::dot ? heed::Bridge::sum : heed::Bridge::dense;
      o.dropout = 0.25;
      all.push_back(o);
    }
  }
  return all;
}

}  // namespace test_support
