#pragma once

// The stack and the memo of a pickle, and the bytes that it is read from: an inner part of pickle.hpp.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "heed/convert/detail/pickle_value.hpp"
#include "heed/core/compiled.hpp"
#include "heed/core/detail/utf8.hpp"
#include "heed/core/error.hpp"
#include "heed/core/types.hpp"
#include "heed/io/tensor_info.hpp"

namespace heed::inline HEED_ISA::detail {

struct PickleLimits {
  static constexpr std::size_t bytes = 100'000'000;  // of a pickle
  static constexpr std::size_t nodes = 4'000'000;    // tuples, lists, dicts and sets
  static constexpr std::size_t values = 20'000'000;  // on the stack, in the memo and in nodes
  static constexpr std::size_t tensors = SafetensorsLimits::tensors;
  static constexpr std::size_t storages = tensors;
  static constexpr std::size_t rank = 16;
};

/// The text of a value that is one.
inline std::string_view text_at(std::span<const std::byte> bytes, const PickleValue& text) {
  return {reinterpret_cast<const char*>(bytes.data()) + text.at, text.size};
}

/// No length is believed before its bytes are there, and each instruction makes a bounded number of values.
class PickleStack {
 public:
  PickleStack(std::span<const std::byte> bytes, std::size_t& at, const std::string& where)
      : bytes_(bytes), at_(at), where_(where) {}

 protected:
  using Kind = PickleKind;

  // what stands in the bytes

  unsigned char byte() {
    need(1);
    return std::to_integer<unsigned char>(bytes_[at_++]);
  }
  void need(std::uint64_t count) const {
    if (count > bytes_.size() - at_) {
      fail("the pickle ends within an instruction", std::to_string(count) + " bytes more",
           std::to_string(bytes_.size() - at_));
    }
  }
  std::uint64_t number(int size) {
    need(static_cast<std::uint64_t>(size));
    std::uint64_t value = 0;
    for (int i = 0; i < size; ++i) value |= std::to_integer<std::uint64_t>(bytes_[at_++]) << (8 * i);
    return value;
  }
  std::string_view take(std::uint64_t size) {
    need(size);
    if (size > PickleLimits::bytes) fail("a text too long", "at most 100000000 bytes", std::to_string(size));
    const std::string_view text(reinterpret_cast<const char*>(bytes_.data()) + at_, static_cast<std::size_t>(size));
    at_ += text.size();
    return text;
  }
  std::string_view line() {
    const std::string_view rest(reinterpret_cast<const char*>(bytes_.data()) + at_, bytes_.size() - at_);
    const std::size_t size = rest.find('\n');
    if (size == rest.npos) fail("the pickle ends within a name");
    at_ += size + 1;
    return rest.substr(0, size);
  }

  void text(std::uint64_t size) {
    const std::size_t begin = at_;
    const std::string_view utf8 = take(size);
    if (abi_detail::first_not_utf8(utf8) != utf8.size()) fail("a text that is no UTF-8");
    push({Kind::text, static_cast<std::uint32_t>(size), static_cast<std::int64_t>(begin)});
  }
  void skip(std::uint64_t size) {
    take(size);
    push({Kind::bytes, 0, 0});
  }
  /// Python 2 writes texts as bytes.
  void old_text(std::uint64_t size) {
    const std::size_t begin = at_;
    const std::string_view bytes = take(size);
    const bool text = abi_detail::first_not_utf8(bytes) == bytes.size();
    push({text ? Kind::text : Kind::bytes, static_cast<std::uint32_t>(size), static_cast<std::int64_t>(begin)});
  }
  void long_integer(std::uint64_t size) {
    const std::size_t begin = at_;
    const std::string_view digits = take(size);
    if (size > 8)
      return push({Kind::large_integer, static_cast<std::uint32_t>(size), static_cast<std::int64_t>(begin)});
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < digits.size(); ++i) {
      value |= static_cast<std::uint64_t>(static_cast<unsigned char>(digits[i])) << (8 * i);
    }
    const bool negative = !digits.empty() && static_cast<unsigned char>(digits.back()) >= 0x80;
    if (negative && digits.size() < 8) value |= ~std::uint64_t{0} << (8 * digits.size());
    integer(static_cast<std::int64_t>(value));
  }

  // the stack and the memo

  void push(PickleValue value) { stack_.push_back(value); }
  void integer(std::int64_t value) { push({Kind::integer, 0, value}); }
  std::size_t floor() const { return marks_.empty() ? 0 : marks_.back(); }
  const PickleValue& top() const {
    if (stack_.size() <= floor()) fail("an instruction that lacks a value");
    return stack_.back();
  }
  PickleValue pop() {
    const PickleValue value = top();
    stack_.pop_back();
    return value;
  }
  void mark() { marks_.push_back(static_cast<std::uint32_t>(stack_.size())); }
  std::vector<PickleValue> last(std::size_t count) {
    if (stack_.size() < floor() + count) fail("an instruction that lacks a value");
    std::vector<PickleValue> values(stack_.end() - static_cast<std::ptrdiff_t>(count), stack_.end());
    stack_.resize(stack_.size() - count);
    return values;
  }
  /// Those above the last mark, which goes with them.
  std::vector<PickleValue> items() {
    if (marks_.empty()) fail("an instruction that lacks a mark");
    const std::size_t count = stack_.size() - marks_.back();
    std::vector<PickleValue> values = last(count);
    marks_.pop_back();
    return values;
  }
  void put(std::uint64_t place) {
    const PickleValue value = top();
    if (place > memo_.size())
      fail("a place of the memo out of turn", "at most " + std::to_string(memo_.size()), std::to_string(place));
    if (place == memo_.size()) {
      memo_.push_back(value);
    } else {
      memo_[static_cast<std::size_t>(place)] = value;
    }
  }
  void get(std::uint64_t place) {
    if (place >= memo_.size())
      fail("a place of the memo that is empty", "less than " + std::to_string(memo_.size()), std::to_string(place));
    push(memo_[static_cast<std::size_t>(place)]);
  }

  // what holds values

  void make(Kind kind, std::vector<PickleValue> values) {
    if (content_.nodes.size() == PickleLimits::nodes) fail("too many tuples, lists and dicts", "at most 4000000");
    push({kind, 0, static_cast<std::int64_t>(content_.nodes.size())});
    nodes_values_ += values.size();
    content_.nodes.push_back(std::move(values));
  }
  void extend(Kind kind, const std::vector<PickleValue>& values) {
    if (top().kind == Kind::object) return;
    if (top().kind != kind)
      fail("items for what is no " + std::string(name_of(kind)), name_of(kind), name_of(top().kind));
    if (kind == Kind::dict && values.size() % 2 != 0) fail("a key without a value");
    std::vector<PickleValue>& node = node_of(top());
    nodes_values_ += values.size();
    node.insert(node.end(), values.begin(), values.end());
  }
  std::vector<PickleValue>& node_of(const PickleValue& value) {
    return content_.nodes[static_cast<std::size_t>(value.at)];
  }
  std::string_view text_of_value(const PickleValue& value) const { return text_at(bytes_, value); }

  static std::string_view name_of(Kind kind) {
    constexpr std::string_view names[] = {"None", "bool",  "integer", "large integer", "number",
                                          "text", "bytes", "name",    "tuple",         "list",
                                          "dict", "set",   "storage", "tensor",        "object"};
    return names[static_cast<std::size_t>(kind)];
  }

  [[noreturn]] HEED_COLD void fail(std::string_view what, std::string_view expected = {},
                                   std::string_view got = {}) const {
    throw Error(Fault{what, where_ + ", byte " + std::to_string(op_), expected, got});
  }

  void begin_instruction() { op_ = at_; }
  std::size_t values() const { return stack_.size() + memo_.size() + nodes_values_; }
  std::size_t memo_size() const { return memo_.size(); }
  /// Whether nothing else is left, and no mark.
  bool one_value() const { return stack_.size() == 1 && marks_.empty(); }

  PickleContent content_;
  std::span<const std::byte> bytes_;
  std::size_t& at_;

 private:
  const std::string& where_;
  std::size_t op_ = 0;  // where the instruction begins that runs
  std::vector<PickleValue> stack_, memo_;
  std::vector<std::uint32_t> marks_;  // the height of the stack at each
  std::size_t nodes_values_ = 0;
};

}  // namespace heed::inline HEED_ISA::detail
