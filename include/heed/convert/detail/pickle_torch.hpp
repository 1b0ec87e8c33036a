#pragma once

// What the names in a pickle of PyTorch describe: an inner part of pickle.hpp.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "heed/convert/detail/pickle_stack.hpp"
#include "heed/convert/detail/pickle_value.hpp"
#include "heed/core/compiled.hpp"
#include "heed/core/types.hpp"
#include "heed/options/metadata.hpp"

namespace heed::inline HEED_ISA::detail {

/// Names are compared with those of a table, and never called: a tensor is described by the arguments.
class PickleNames : public PickleStack {
 public:
  using PickleStack::PickleStack;

 protected:
  void named_global() {
    const std::string_view module = line();
    global(module, line());
  }
  void stack_global() {
    const PickleValue name = pop(), module = pop();
    if (name.kind != Kind::text || module.kind != Kind::text) fail("a name that is no text");
    global(text_of_value(module), text_of_value(name));
  }
  void global(std::string_view module, std::string_view name) {
    const TorchGlobal* const found = find_torch_global(module, name);
    if (!found) {
      fail("heed does not know, and never calls, " + quote(std::string(module) + '.' + std::string(name)),
           "tensors in dicts, as torch.save(model.state_dict(), path) writes");
    }
    push({Kind::global, 0, found - find_torch_global("collections", "OrderedDict")});
  }
  const TorchGlobal& global_of(const PickleValue& value, std::string_view expected) const {
    if (value.kind != Kind::global) fail("a value of another kind", expected, name_of(value.kind));
    return find_torch_global("collections", "OrderedDict")[value.at];
  }

  void reduce() {
    const PickleValue arguments = pop(), callee = pop();
    const TorchGlobal& name = global_of(callee, "a name");
    if (arguments.kind != Kind::tuple) fail("arguments that are no tuple");
    // before they are copied: there may be as many as the file has bytes
    if (name.meaning == TorchName::mapping) return make(Kind::dict, {});
    if (name.meaning == TorchName::inert) return push({Kind::object, 0, 0});
    constexpr std::size_t most_arguments = 8;
    const std::size_t given = node_of(arguments).size();
    if (given > most_arguments) {
      fail("a wrong number of arguments of " + std::string(name.name), "at most " + std::to_string(most_arguments),
           std::to_string(given));
    }
    const std::vector<PickleValue> values = node_of(arguments);
    const auto count = [&](std::size_t least, std::size_t most) {
      if (values.size() >= least && values.size() <= most) return;
      fail("a wrong number of arguments of " + std::string(name.name),
           std::to_string(least) + " to " + std::to_string(most), std::to_string(values.size()));
    };
    switch (name.meaning) {
      case TorchName::ordered_dict:
        count(0, 1);
        return make(Kind::dict, values.empty() ? values : pairs(values[0]));
      case TorchName::size:
        count(1, 1);
        if (values[0].kind != Kind::tuple) fail("a size that is no tuple");
        return push(values[0]);
      case TorchName::parameter:
        count(3, 4);
        if (values[0].kind != Kind::tensor) fail("a parameter without a tensor", "tensor", name_of(values[0].kind));
        return push(values[0]);
      case TorchName::tensor:
        count(name.name == "_rebuild_tensor" ? 4 : 6, 7);
        return tensor(values, nullptr);
      case TorchName::typed_tensor:
        count(7, 8);
        return tensor(values, &global_of(values[6], "a type of numbers"));
      case TorchName::mapping:
      case TorchName::inert:
      case TorchName::storage:
      case TorchName::bytes:
      case TorchName::element_type:
        fail("heed never calls " + quote(name.name), "a description of a tensor");
    }
  }

  /// [[key, value], ...], as Python 2 writes an OrderedDict.
  std::vector<PickleValue> pairs(const PickleValue& list) {
    if (list.kind != Kind::list) fail("an OrderedDict of what is no list", "list", name_of(list.kind));
    copied_ += node_of(list).size();  // the pickle names each pair of a list once
    if (copied_ > bytes_.size()) fail("OrderedDicts of the same list");
    std::vector<PickleValue> all;
    for (const PickleValue& pair : std::vector<PickleValue>(node_of(list))) {
      const bool two = (pair.kind == Kind::list || pair.kind == Kind::tuple) && node_of(pair).size() == 2;
      if (!two) fail("an OrderedDict of what are no keys with values");
      all.insert(all.end(), node_of(pair).begin(), node_of(pair).end());
    }
    return all;
  }

  /// (storage, offset, size, stride, requires_grad, hooks[, type][, metadata])
  void tensor(const std::vector<PickleValue>& values, const TorchGlobal* type) {
    if (values[0].kind != Kind::storage) fail("a tensor without a storage", "storage", name_of(values[0].kind));
    const auto place = static_cast<std::size_t>(values[0].at);
    const TorchStorage& storage = content_.storages[place];
    if (storage.typed == (type != nullptr)) fail("a type of numbers is missing, or said twice");
    if (type && type->meaning != TorchName::element_type)
      fail("no type of numbers", "one such as uint16", quote(type->name));
    TorchTensor made{place, type ? type->dtype : storage.dtype, whole(values[1], "an offset"),
                     numbers(values[2], "a size"), numbers(values[3], "strides")};
    if (made.extents.size() != made.strides.size()) {
      fail("a stride is for each axis", std::to_string(made.extents.size()), std::to_string(made.strides.size()));
    }
    if (values.size() > (type ? 7U : 6U)) check_sign(values.back());
    if (content_.tensors.size() == PickleLimits::tensors) fail("too many tensors", "at most 100000");
    push({Kind::tensor, 0, static_cast<std::int64_t>(content_.tensors.size())});
    content_.tensors.push_back(std::move(made));
  }
  /// Metadata may say that the numbers are still to be negated or conjugated, as of `x.conj().imag`.
  void check_sign(const PickleValue& metadata) {
    if (metadata.kind != Kind::dict) return;
    const std::vector<PickleValue>& items = node_of(metadata);
    constexpr std::size_t most = 32;  // keys and values; each tensor may have the same dict
    if (items.size() > most)
      fail("metadata of a tensor with too many keys", "at most 16", std::to_string(items.size() / 2));
    for (std::size_t i = 0; i < items.size(); i += 2) {
      if (items[i].kind != Kind::text || items[i + 1].kind != Kind::boolean || items[i + 1].at == 0) continue;
      const std::string_view key = text_of_value(items[i]);
      if (key != "neg" && key != "conj") continue;
      fail("a tensor whose numbers stand in the file with another sign",
           "one saved after resolve_" + std::string(key) + "()");
    }
  }
  Index whole(const PickleValue& value, const char* what) const {
    if (value.kind != Kind::integer)
      fail(std::string(what) + " that is no whole number of 64 bits", {}, name_of(value.kind));
    if (value.at < 0) fail(std::string(what) + " below 0", "at least 0", std::to_string(value.at));
    return static_cast<Index>(value.at);
  }
  std::vector<Index> numbers(const PickleValue& value, const char* what) {
    if (value.kind != Kind::tuple) fail(std::string(what) + " that is no tuple", "tuple", name_of(value.kind));
    const std::vector<PickleValue>& values = node_of(value);
    if (values.size() > PickleLimits::rank) fail("too many axes", "at most 16", std::to_string(values.size()));
    std::vector<Index> all;
    for (const PickleValue& v : values) all.push_back(whole(v, what));
    return all;
  }

  /// ("storage", class, key, device, number of elements[, view])
  void persistent() {
    const PickleValue id = pop();
    if (id.kind != Kind::tuple) fail("a storage that is no tuple", "tuple", name_of(id.kind));
    const std::vector<PickleValue>& parts = node_of(id);
    const bool whole_one = parts.size() == 5 || (parts.size() == 6 && parts[5].kind == Kind::none);
    if (!whole_one || parts[0].kind != Kind::text || text_of_value(parts[0]) != "storage" ||
        parts[2].kind != Kind::text) {
      fail("no storage of a tensor", "(\"storage\", class, key, device, number of elements)");
    }
    const TorchGlobal& type = global_of(parts[1], "a class of storages");
    if (type.meaning != TorchName::storage && type.meaning != TorchName::bytes) {
      fail("no class of storages", "one such as FloatStorage", quote(type.name));
    }
    if (content_.storages.size() == PickleLimits::storages) fail("too many storages", "at most 100000");
    push({Kind::storage, 0, static_cast<std::int64_t>(content_.storages.size())});
    content_.storages.push_back({type.dtype, type.meaning == TorchName::storage, text_of_value(parts[2]),
                                 whole(parts[4], "a number of elements")});
  }

  /// A state_dict has the versions of its modules as a state of its own: nothing of it is needed.
  void build() {
    pop();
    if (top().kind == Kind::dict || top().kind == Kind::object) return;
    fail("a state for what has none", "dict", name_of(top().kind));
  }

  std::size_t copied_ = 0;  // pairs of lists
};

}  // namespace heed::inline HEED_ISA::detail
