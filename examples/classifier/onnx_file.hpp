#pragma once

// Writes models as ONNX files.

#include <filesystem>

#include "foreign_model.hpp"
#include "stored_model.hpp"

namespace classifier {

/// Writes a model with what its file says besides. Throws if this program was built without ONNX.
template <class M>
void write_onnx(const StoredModel<M>& stored, const std::filesystem::path& path, bool lengths);
extern template void write_onnx(const StoredModel<NumberModel>&, const std::filesystem::path&, bool);
extern template void write_onnx(const StoredModel<RocketModel>&, const std::filesystem::path&, bool);
extern template void write_onnx(const StoredModel<MixedModel>&, const std::filesystem::path&, bool);
extern template void write_onnx(const StoredModel<TextModel>&, const std::filesystem::path&, bool);
void write_onnx(const ChainModel& chain, const std::filesystem::path& path, bool lengths);

}  // namespace classifier
