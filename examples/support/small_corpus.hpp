#pragma once

// A corpus for those who have none: captions of one pattern, German and English.

#include <array>
#include <cstddef>
#include <string>
#include <utility>

#include "heed/data/parallel_text.hpp"

namespace support {

/// Every caption of its few words; of each seven in a row one stands in `test`, the others in `train`.
struct SmallCorpus {
  heed::ParallelText train, test;

  SmallCorpus() {
    using Pair = std::pair<const char*, const char*>;
    constexpr std::array<Pair, 6> who{{{"ein junger mann", "a young man"},
                                       {"eine alte frau", "an old woman"},
                                       {"ein kleiner hund", "a small dog"},
                                       {"zwei kinder", "two children"},
                                       {"ein mädchen", "a girl"},
                                       {"drei männer", "three men"}}};
    constexpr std::array<std::array<const char*, 3>, 5> does{{{"läuft", "laufen", "running"},
                                                              {"sitzt", "sitzen", "sitting"},
                                                              {"schläft", "schlafen", "sleeping"},
                                                              {"spielt", "spielen", "playing"},
                                                              {"wartet", "warten", "waiting"}}};
    constexpr std::array<Pair, 6> where{{{"im park", "in the park"},
                                         {"auf der straße", "on the street"},
                                         {"vor einem haus", "in front of a house"},
                                         {"am strand", "at the beach"},
                                         {"neben dem roten auto", "next to the red car"},
                                         {"unter einem baum", "under a tree"}}};
    constexpr std::array<Pair, 3> when{{{"", ""}, {"heute ", "today "}, {"jetzt ", "now "}}};
    std::size_t number = 0;
    for (const auto& [wer, who_en] : who) {
      const bool many = std::string(wer).starts_with("zwei") || std::string(wer).starts_with("drei");
      for (const auto& [one, more, doing] : does) {
        for (const auto& [wo, where_en] : where) {
          for (const auto& [wann, when_en] : when) {
            const std::string verb = many ? more : one;
            const std::string de = std::string(*wann ? wann : wer) + (*wann ? "" : " ") + verb + ' ' +
                                   (*wann ? std::string(wer) + ' ' : "") + wo + " .";
            const std::string en =
                std::string(when_en) + who_en + (many ? " are " : " is ") + doing + ' ' + where_en + " .";
            heed::ParallelText& part = number++ % 7 == 3 ? test : train;
            part.source.push_back(heed::split_words(de));
            part.target.push_back(heed::split_words(en));
          }
        }
      }
    }
  }
};

}  // namespace support
