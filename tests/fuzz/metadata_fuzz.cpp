// A fuzzer of values and options in metadata. The first byte chooses what is read. Lines are entries: a key, a tab, and
// the value; \1 is a line feed in it.

#include <algorithm>
#include <string>

#include "fuzz/reading.hpp"
#include "heed/models/seq2seq_options.hpp"
#include "heed/models/sequence_classifier_options.hpp"
#include "heed/models/tagger_options.hpp"
#include "heed/models/transformer_classifier.hpp"
#include "heed/options/fields.hpp"
#include "heed/options/metadata.hpp"

namespace {

using heed::Metadata;
using heed::fuzz::require_that;

Metadata metadata_of(std::string_view text) {
  Metadata metadata;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    const std::size_t tab = std::min(line.find('\t'), line.size());
    std::string value(line.substr(std::min(tab + 1, line.size())));
    std::replace(value.begin(), value.end(), '\1', '\n');
    metadata[std::string(line.substr(0, tab))] = std::move(value);
  }
  return metadata;
}

/// Reads a value, and again what `set` makes of it.
template <class Get>
void check_value(const Metadata& metadata, const std::string& key, Get&& get) {
  const std::size_t size = metadata.at(key).size();
  heed::fuzz::refuses(size, 96, [&] {
    const auto value = get(metadata, key);
    Metadata other;
    heed::set(other, key, value);
    require_that(get(other, key) == value, "a value that is set is read as the same");
  });
}

template <class Options>
void check_options(const Metadata& metadata, std::size_t size) {
  heed::fuzz::refuses(size, 96, [&] {
    const auto options = heed::from_metadata<Options>(metadata);
    const Metadata written = heed::to_metadata(options);
    require_that(heed::to_metadata(heed::from_metadata<Options>(written)) == written,
                 "options that are written are read as the same");
    heed::describe(options);
  });
  heed::fuzz::refuses(size, 96, [&] {
    Options options;
    heed::set_fields(options, metadata);
  });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  heed::fuzz::Input input(data, size);
  const unsigned what = input.choice(9);
  const Metadata metadata = metadata_of(input.text());
  for (const auto& entry : metadata) {
    if (what == 0) check_value(metadata, entry.first, heed::get_index);
    if (what == 1) check_value(metadata, entry.first, heed::get_double);
    if (what == 2) check_value(metadata, entry.first, heed::get_bool);
    if (what == 3) check_value(metadata, entry.first, heed::get_doubles);
    if (what == 4) check_value(metadata, entry.first, heed::get_texts);
  }
  if (what == 5) check_options<heed::SequenceClassifierOptions>(metadata, size);
  if (what == 6) check_options<heed::TaggerOptions>(metadata, size);
  if (what == 7) check_options<heed::Seq2SeqOptions>(metadata, size);
  if (what == 8) check_options<heed::TransformerClassifierOptions>(metadata, size);
  return 0;
}
