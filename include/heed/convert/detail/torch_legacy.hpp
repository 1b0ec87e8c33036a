#pragma once

// PyTorch's files from before version 1.6: pickles, one behind the other, then the storages. An inner part of
// pytorch.hpp.

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "heed/convert/detail/pickle.hpp"
#include "heed/convert/detail/pickle_value.hpp"
#include "heed/convert/detail/torch_records.hpp"
#include "heed/core/compiled.hpp"
#include "heed/core/error.hpp"
#include "heed/core/types.hpp"
#include "heed/options/metadata.hpp"

namespace heed::inline HEED_ISA::detail {

class TorchLegacy {
 public:
  TorchLegacy(std::span<const std::byte> file, const std::string& name)
      : file_(file), name_(name), where_(name + ": pickle") {
    parts_.pickle = file;
  }

  HEED_COLD TorchParts run() {
    using namespace std::string_view_literals;
    const PickleContent magic = next();
    const bool torch = magic.root.kind == PickleKind::large_integer &&
                       text_at(file_, magic.root) == "\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19"sv;
    require(torch, [&] {
      return Fault{"a pickle, but none of torch.save", name_, "one as torch.save(model.state_dict(), path) writes"};
    });
    const PickleContent version = next();
    require(version.root.kind == PickleKind::integer && version.root.at == 1001,
            [&] { return Fault{"an unknown version of the format", name_, "1001"}; });
    read_system(next());
    parts_.content = next();
    read_storages(next());
    return std::move(parts_);
  }

 private:
  PickleContent next() { return read_pickle(file_, at_, where_); }

  /// {"protocol_version": 1001, "little_endian": True, "type_sizes": {...}}
  void read_system(const PickleContent& system) {
    const bool dict = system.root.kind == PickleKind::dict;
    require(dict, [&] { return Fault{"no description of the machine", name_}; });
    const std::vector<PickleValue>& items = system.nodes[static_cast<std::size_t>(system.root.at)];
    for (std::size_t i = 0; i + 1 < items.size(); i += 2) {
      if (items[i].kind != PickleKind::text || text_at(file_, items[i]) != "little_endian") continue;
      parts_.reversed = items[i + 1].kind == PickleKind::boolean && items[i + 1].at == 0;
    }
    parts_.copied = parts_.reversed;
  }

  /// Each in the order of the list of keys: the number of its elements in 8 bytes, then these.
  void read_storages(const PickleContent& keys) {
    require(keys.root.kind == PickleKind::list, [&] { return Fault{"no list of storages", name_}; });
    std::map<std::string_view, const TorchStorage*> storages;
    for (const TorchStorage& storage : parts_.content.storages) {
      const TorchStorage* const first = storages.try_emplace(storage.key, &storage).first->second;
      require(first->dtype == storage.dtype && first->count == storage.count,
              [&] { return Fault{"a storage of two types or sizes", place(storage.key)}; });
    }
    for (const PickleValue& key : keys.nodes[static_cast<std::size_t>(keys.root.at)]) {
      const bool text = key.kind == PickleKind::text;
      const auto found = text ? storages.find(text_at(file_, key)) : storages.end();
      require(found != storages.end() && !parts_.records.contains(found->first), [&] {
        return Fault{"a storage that no tensor has, or that is there twice", place(text ? text_at(file_, key) : "")};
      });
      read_storage(*found->second);
    }
    for (const TorchStorage& storage : parts_.content.storages) {
      require(parts_.records.contains(storage.key), [&] { return Fault{"a storage is missing", place(storage.key)}; });
    }
    require(at_ == file_.size(), [&] {
      return Fault{"bytes behind the last storage", name_, std::to_string(at_) + " bytes",
                   std::to_string(file_.size())};
    });
  }

  void read_storage(const TorchStorage& storage) {
    constexpr std::size_t head = 8;
    const std::string where = place(storage.key);
    const auto ends = [&](const std::string& more) {
      return Fault{"the file ends within a storage", where, more + " bytes more", std::to_string(file_.size() - at_)};
    };
    require(file_.size() - at_ >= head, [&] { return ends(std::to_string(head)); });
    std::uint64_t count = 0;
    for (std::size_t i = 0; i < head; ++i) {
      const std::size_t shift = 8 * (parts_.reversed ? head - 1 - i : i);
      count |= std::to_integer<std::uint64_t>(file_[at_ + i]) << shift;
    }
    at_ += head;
    require(count == static_cast<std::uint64_t>(storage.count), [&] {
      return Fault{"a storage of another size", where, std::to_string(storage.count), std::to_string(count)};
    });
    const auto bytes = byte_count({storage.count}, storage.dtype);
    require(bytes && *bytes <= file_.size() - at_, [&] { return ends(bytes ? std::to_string(*bytes) : "2^63"); });
    const std::span<const std::byte> record = file_.subspan(at_, *bytes);
    parts_.records[storage.key] =
        parts_.reversed ? copy_record(parts_, record, storage, where) : TorchRecord{at_, *bytes};
    at_ += *bytes;
  }

  std::string place(std::string_view key) const { return name_ + ": storage " + quote(key); }

  std::span<const std::byte> file_;
  const std::string& name_;
  std::string where_;
  std::size_t at_ = 0;
  TorchParts parts_;
};

}  // namespace heed::inline HEED_ISA::detail
