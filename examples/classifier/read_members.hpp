#pragma once

// The models in a file: the members of an ensemble, or one.

#include <filesystem>
#include <vector>

#include "stored_model.hpp"

namespace classifier {

/// Throws where the file does not hold models of this kind, with the option that would help.
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
