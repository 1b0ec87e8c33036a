#pragma once

// Writes models as files of RTNeural, which runs them step by step.

#include <filesystem>

#include "foreign_model.hpp"
#include "stored_model.hpp"

namespace classifier {

/// A recurrent classifier without attention gives an answer at each step: what it says of all steps so far. Throws if
/// RTNeural lacks a part of the model.
void write_rtneural(const StoredModel<NumberModel>& stored, const std::filesystem::path& path);
void write_rtneural(const ChainModel& chain, const std::filesystem::path& path);
[[noreturn]] void write_rtneural(const StoredModel<RocketModel>& stored, const std::filesystem::path& path);
[[noreturn]] void write_rtneural(const StoredModel<MixedModel>& stored, const std::filesystem::path& path);
[[noreturn]] void write_rtneural(const StoredModel<TextModel>& stored, const std::filesystem::path& path);

}  // namespace classifier
