#pragma once

// The tensors of a pickle with their names: an inner part of pytorch.hpp.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "heed/convert/detail/pickle_stack.hpp"
#include "heed/convert/detail/pickle_value.hpp"
#include "heed/core/compiled.hpp"
#include "heed/core/error.hpp"
#include "heed/core/types.hpp"
#include "heed/io/tensor_info.hpp"
#include "heed/options/metadata.hpp"

namespace heed::inline HEED_ISA::detail {

struct NamedTorchTensor {
  std::string name;
  const TorchTensor* tensor;
};

/// Names each tensor by the keys and positions on the way to it: "model_state_dict.lstm.weight_ih_l0". A value that
/// stands in many places is looked at in each, as far as the pickle's size allows: one of a few bytes may say more ways
/// than there is time, or names than there is room.
class TorchNaming {
 public:
  TorchNaming(const PickleContent& content, std::span<const std::byte> pickle, const std::string& file)
      : content_(content), pickle_(pickle), file_(file), work_(64 * pickle.size() + 10'000) {}

  HEED_COLD std::vector<NamedTorchTensor> run() {
    require(!holds_nothing(content_.root) && content_.root.kind != PickleKind::tensor, [&] {
      const bool tensor = content_.root.kind == PickleKind::tensor;
      return Fault{tensor ? "a tensor without a name" : "no tensors", file_,
                   "tensors in a dict, as model.state_dict() gives"};
    });
    look_at(content_.root, "", true, 0);
    return std::move(tensors_);
  }

 private:
  void look_at(const PickleValue& value, const std::string& name, bool named, int depth) {
    if (holds_nothing(value)) return;
    if (value.kind == PickleKind::tensor) {
      return add(name, named, content_.tensors[static_cast<std::size_t>(value.at)]);
    }
    constexpr int most = 64;
    require(depth < most,
            [&] { return Fault{"dicts and lists inside of each other", file_ + ": " + quote(name), "at most 64"}; });
    const std::vector<PickleValue>& items = content_.nodes[static_cast<std::size_t>(value.at)];
    const bool dict = value.kind == PickleKind::dict;
    spend(items.size(), name);
    for (std::size_t i = 0; i < items.size(); i += dict ? 2 : 1) {
      const PickleValue& item = items[dict ? i + 1 : i];
      if (holds_nothing(item)) continue;
      const PickleValue key = dict ? items[i] : PickleValue{PickleKind::integer, 0, static_cast<std::int64_t>(i)};
      const bool text = key.kind == PickleKind::text, known = text || key.kind == PickleKind::integer;
      std::string inner = name + (name.empty() ? "" : ".");
      if (text) inner += text_at(pickle_, key);
      if (key.kind == PickleKind::integer) inner += std::to_string(key.at);
      spend(inner.size() + 1, name);
      look_at(item, inner, named && known, depth + 1);
    }
  }

  void spend(std::size_t work, const std::string& name) {
    require(work <= work_, [&] { return Fault{"values that stand in too many places", file_ + ": " + quote(name)}; });
    work_ -= work;
  }

  static bool holds_nothing(const PickleValue& value) {
    return value.kind != PickleKind::tensor && value.kind != PickleKind::tuple && value.kind != PickleKind::list &&
           value.kind != PickleKind::dict;
  }

  void add(const std::string& name, bool named, const TorchTensor& tensor) {
    const auto where = [&] { return file_ + ": tensor " + quote(name); };
    require(named, [&] { return Fault{"a key that is no text and no whole number", where()}; });
    require(tensors_.size() < SafetensorsLimits::tensors,
            [&] { return Fault{"too many tensors", file_, "at most 100000"}; });
    tensors_.push_back({name, &tensor});
  }

  const PickleContent& content_;
  std::span<const std::byte> pickle_;
  const std::string& file_;
  std::size_t work_;
  std::vector<NamedTorchTensor> tensors_;
};

}  // namespace heed::inline HEED_ISA::detail
