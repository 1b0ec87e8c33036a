#pragma once

// Reads the models in a file: the members of an ensemble, or a single model.

#include <filesystem>
#include <vector>

#include "stored_model.hpp"

namespace classifier {

/// Throws, with the option that would help, if the file does not contain models of this kind.
template <class M>
std::vector<M> read_members(const heed::TensorFile& file, const heed::Metadata& hints, const Architecture& architecture,
                            const std::filesystem::path& path);
extern template std::vector<NumberModel> read_members(const heed::TensorFile&, const heed::Metadata&,
                                                      const Architecture&, const std::filesystem::path&);
extern template std::vector<RocketModel> read_members(const heed::TensorFile&, const heed::Metadata&,
                                                      const Architecture&, const std::filesystem::path&);
extern template std::vector<MixedModel> read_members(const heed::TensorFile&, const heed::Metadata&,
                                                     const Architecture&, const std::filesystem::path&);
extern template std::vector<TextModel> read_members(const heed::TensorFile&, const heed::Metadata&, const Architecture&,
                                                    const std::filesystem::path&);

}  // namespace classifier
