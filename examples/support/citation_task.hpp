#pragma once

// A graph of papers for programs without data.

#include <cstdint>
#include <string>

#include "heed/core/rng.hpp"
#include "heed/data/graph_text.hpp"

namespace support {

/// Papers of three subjects that mostly cite their own, a few words each: one of the subject, others of any.
inline heed::GraphText<float> made_up_papers() {
  constexpr heed::Index papers = 600;
  constexpr std::uint64_t subjects = 3, words = 60;
  const heed::Key key{11};
  std::uint64_t draw = 0;
  std::string nodes, edges;
  for (heed::Index i = 0; i < papers; ++i) {
    const auto subject = static_cast<std::uint64_t>(i) % subjects;
    nodes += std::to_string(i) + ' ' + std::to_string(subject) + (i < 60 ? " train" : i < 200 ? " val" : " test");
    for (int k = 0; k < 4; ++k) {
      const bool own = key.below(draw++, 3) == 0;
      const auto word = key.below(draw++, own ? words / subjects : words);
      nodes += ' ' + std::to_string(own ? subject * words / subjects + word : word);
    }
    nodes += '\n';
    for (int k = 0; k < 2; ++k) {
      const auto other = key.below(draw++, papers / subjects) * subjects;
      const auto cited = key.below(draw++, 5) == 0 ? key.below(draw++, subjects) : subject;
      edges += std::to_string(i) + ' ' + std::to_string(other + cited) + '\n';
    }
  }
  return heed::parse_graph<float>(nodes, "nodes", edges, "edges");
}

}  // namespace support
