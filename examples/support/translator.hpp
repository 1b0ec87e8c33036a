#pragma once

// A sequence to sequence model with its words: from sentences to sentences.

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "heed/core/parallel.hpp"
#include "heed/data/parallel_text.hpp"
#include "heed/infer/decode.hpp"
#include "heed/metrics/bleu.hpp"
#include "heed/models/seq2seq.hpp"

namespace support {

using Sentence = std::vector<std::string>;

struct Translation {
  Sentence words;
  double score = 0;
  Sentence from, to;             // rows and columns of the alignment: with the end mark
  std::vector<float> alignment;  // to x from
};

struct Translator {
  using Model = heed::Seq2Seq<float>;

  Model model;
  heed::Vocabulary source, target;

  /// A new model, whose vocabularies hold the words of a text that occur `least` times.
  Translator(heed::Seq2SeqOptions options, const heed::ParallelText& text, heed::Index least, std::uint64_t seed)
      : source(heed::Vocabulary::from(text.source, least, 0, marks())),
        target(heed::Vocabulary::from(text.target, least, 0, marks())) {
    options.source_tokens = source.size();
    options.target_tokens = target.size();
    model = Model(options);
    model.initialize(heed::Key{seed});
    model.source_words.assign(source.words().begin(), source.words().end());
    model.target_words.assign(target.words().begin(), target.words().end());
  }
  /// A model out of a file, with its words.
  explicit Translator(Model m) : model(std::move(m)), source(model.source_words), target(model.target_words) {}

  heed::TokenPairs tokens(const heed::ParallelText& text, heed::Index most = 0) const {
    return heed::to_tokens(text, source, target, most);
  }

  /// A word that the model does not know becomes the source's word that it looked at.
  std::vector<Translation> operator()(const std::vector<Sentence>& sentences, heed::Index beam, heed::Index most,
                                      heed::ThreadPool& threads) const {
    const heed::Index some = std::max<heed::Index>(64 / beam, 1), count = static_cast<heed::Index>(sentences.size());
    std::vector<Translation> result(sentences.size());
    std::vector<heed::SequenceDecoder<Model>> decoders(
        static_cast<std::size_t>(threads.size()),
        heed::SequenceDecoder<Model>(model,
                                     {.start = target.start(), .end = target.end(), .max_steps = most, .beam = beam}));
    const std::vector<std::size_t> order = by_length(sentences);
    threads.for_each((count + some - 1) / some, [&](heed::Index part, int worker) {
      const auto first = static_cast<std::size_t>(part * some);
      const std::size_t last = std::min(first + static_cast<std::size_t>(some), sentences.size());
      std::vector<std::vector<std::int32_t>> tokens;
      std::vector<std::int32_t> lengths;
      for (std::size_t i = first; i < last; ++i) {
        tokens.push_back(heed::to_tokens(sentences[order[i]], source));
        lengths.push_back(static_cast<std::int32_t>(tokens.back().size()));
      }
      heed::Tensor<std::int32_t, 3> x(
          {static_cast<heed::Index>(last - first), *std::max_element(lengths.begin(), lengths.end()), 1});
      for (std::size_t i = 0; i < tokens.size(); ++i) {
        std::copy(tokens[i].begin(), tokens[i].end(), x[static_cast<heed::Index>(i)].data());
      }
      const auto decoded = decoders[static_cast<std::size_t>(worker)](x.view(), lengths);
      for (std::size_t i = first; i < last; ++i) result[order[i]] = with_words(decoded[i - first], sentences[order[i]]);
    });
    return result;
  }

  /// Of the translations of a text, in percent.
  heed::BleuScore bleu(const heed::ParallelText& text, heed::Index beam, heed::Index most,
                       heed::ThreadPool& threads) const {
    std::vector<Sentence> words;
    for (Translation& t : (*this)(text.source, beam, most, threads)) words.push_back(std::move(t.words));
    return heed::bleu(words, text.target);
  }
  /// The share of a text's sentences that are translated exactly.
  double exact(const heed::ParallelText& text, heed::Index most, heed::ThreadPool& threads) const {
    std::vector<Sentence> words;
    for (Translation& t : (*this)(text.source, 1, most, threads)) words.push_back(std::move(t.words));
    return heed::exact_match<Sentence>(words, text.target);
  }

 private:
  static Sentence marks() { return {heed::Vocabulary::start_mark, heed::Vocabulary::end_mark}; }
  static std::vector<std::size_t> by_length(const std::vector<Sentence>& sentences) {
    std::vector<std::size_t> order(sentences.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return sentences[a].size() > sentences[b].size(); });
    return order;
  }
  Translation with_words(const heed::Decoded<float>& decoded, const Sentence& sentence) const {
    Translation result{{}, decoded.score, sentence, {}, decoded.alignment};
    result.from.push_back(heed::Vocabulary::end_mark);
    const auto steps = static_cast<std::size_t>(decoded.source_steps);
    for (std::size_t t = 0; t < decoded.tokens.size(); ++t) {
      const auto row = decoded.alignment.begin() + static_cast<std::ptrdiff_t>(t * steps);
      const auto looked_at = static_cast<std::size_t>(std::max_element(row, row + decoded.source_steps) - row);
      const bool known = decoded.tokens[t] != heed::Vocabulary::unknown || looked_at >= sentence.size();
      result.words.push_back(known ? target.word(decoded.tokens[t]) : sentence[looked_at]);
    }
    result.to = result.words;
    if (result.to.size() * steps < decoded.alignment.size()) result.to.push_back(heed::Vocabulary::end_mark);
    return result;
  }
};

}  // namespace support
