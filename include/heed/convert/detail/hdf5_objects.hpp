#pragma once

// What an HDF5 file holds: an inner part of hdf5.hpp.

#include <algorithm>
#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "heed/convert/detail/hdf5_messages.hpp"
#include "heed/core/compiled.hpp"
#include "heed/core/types.hpp"

namespace heed::inline HEED_ISA::detail {

/// A group or an array of a file.
struct Hdf5Object {
  bool is_array = false;
  std::map<std::string, std::vector<std::string>, std::less<>> texts = {};  ///< its attributes that are texts
  std::map<std::string, std::size_t, std::less<>> children = {};            ///< of a group: places in `Hdf5::objects`
  Hdf5Type type = {};                                                       ///< of an array
  std::vector<Index> extents = {};
  std::span<const std::byte> bytes = {};
  std::string refused = {};  ///< why the array cannot be read; empty if it can
};

/// A file taken apart. The bytes must outlive it.
struct Hdf5 {
  std::string file;
  std::vector<Hdf5Object> objects;  ///< the root group first

  const Hdf5Object& root() const { return objects.front(); }
  /// The object at a path, "layers/dense/vars"; null if there is none.
  const Hdf5Object* find(std::string_view path, const Hdf5Object* from = nullptr) const;
  const Hdf5Object& child(const std::map<std::string, std::size_t, std::less<>>::value_type& entry) const {
    return objects[entry.second];
  }
};

HEED_COLD inline const Hdf5Object* Hdf5::find(std::string_view path, const Hdf5Object* from) const {
  const Hdf5Object* at = from ? from : &root();
  while (!path.empty()) {
    const std::string_view name = path.substr(0, path.find('/'));
    path.remove_prefix(std::min(path.size(), name.size() + 1));
    if (name.empty()) continue;
    const auto found = at->children.find(name);
    if (found == at->children.end()) return nullptr;
    at = &objects[found->second];
  }
  return at;
}

}  // namespace heed::inline HEED_ISA::detail
