#pragma once

// Python's pickles, as far as PyTorch writes tensors with them: an inner part of pytorch.hpp.

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "heed/convert/detail/pickle_stack.hpp"
#include "heed/convert/detail/pickle_torch.hpp"
#include "heed/convert/detail/pickle_value.hpp"
#include "heed/core/compiled.hpp"
#include "heed/core/types.hpp"

namespace heed::inline HEED_ISA::detail {

/// Runs the instructions of protocols 2 to 5 that tensors in dicts, lists and tuples need.
class PickleMachine : public PickleNames {
 public:
  using PickleNames::PickleNames;

  HEED_COLD PickleContent run() {
    const std::size_t begin = at_;
    begin_instruction();
    if (byte() != 0x80) fail("no pickle of protocol 2 to 5", "byte 0x80");
    protocol();
    while (!done_) {
      begin_instruction();
      step(byte());
      if (values() > PickleLimits::values) fail("too many values", "at most 20000000");
      if (at_ - begin > PickleLimits::bytes) fail("a pickle too long", "at most 100000000 bytes");
    }
    return std::move(content_);
  }

 private:
  void step(unsigned char op) {
    switch (op) {
      case 0x80:
        return protocol();
      case 0x95:
        return need(number(8));  // FRAME
      case '.':
        return stop();
      case '(':
        return mark();
      case '0':
        return static_cast<void>(pop());
      case '1':
        return static_cast<void>(items());  // POP_MARK
      case '2':
        return push(top());  // DUP
      case 'N':
        return push({});
      case 0x88:
        return push({Kind::boolean, 0, 1});
      case 0x89:
        return push({Kind::boolean, 0, 0});
      case 'K':
        return integer(static_cast<std::int64_t>(number(1)));
      case 'M':
        return integer(static_cast<std::int64_t>(number(2)));
      case 'J':
        return integer(static_cast<std::int32_t>(static_cast<std::uint32_t>(number(4))));
      case 0x8a:
        return long_integer(number(1));
      case 0x8b:
        return long_integer(number(4));
      case 'G':
        need(8);
        at_ += 8;
        return push({Kind::real, 0, 0});
      case 'X':
        return text(number(4));
      case 0x8c:
        return text(number(1));
      case 0x8d:
        return text(number(8));
      case 'T':
        return old_text(number(4));
      case 'U':
        return old_text(number(1));
      case 'B':
        return skip(number(4));
      case 'C':
        return skip(number(1));
      case 0x8e:
      case 0x96:
        return skip(number(8));
      case ')':
        return make(Kind::tuple, {});
      case 't':
        return make(Kind::tuple, items());
      case 0x85:
        return make(Kind::tuple, last(1));
      case 0x86:
        return make(Kind::tuple, last(2));
      case 0x87:
        return make(Kind::tuple, last(3));
      case ']':
        return make(Kind::list, {});
      case 'a':
        return extend(Kind::list, last(1));
      case 'e':
        return extend(Kind::list, items());
      case '}':
        return make(Kind::dict, {});
      case 's':
        return extend(Kind::dict, last(2));
      case 'u':
        return extend(Kind::dict, items());
      case 0x8f:
        return make(Kind::set, {});
      case 0x90:
        return extend(Kind::set, items());
      case 0x91:
        return make(Kind::set, items());  // FROZENSET
      case 'q':
        return put(number(1));
      case 'r':
        return put(number(4));
      case 0x94:
        return put(memo_size());  // MEMOIZE
      case 'h':
        return get(number(1));
      case 'j':
        return get(number(4));
      case 'c':
        return named_global();
      case 0x93:
        return stack_global();
      case 'R':
        return reduce();
      case 0x81:
        return new_object(op, 1);  // NEWOBJ
      case 0x92:
        return new_object(op, 2);  // NEWOBJ_EX
      case 'b':
        return build();
      case 'Q':
        return persistent();
      default:
        unknown(op);
    }
  }

  void protocol() {
    const std::uint64_t version = number(1);
    if (version < 2 || version > 5) fail("a pickle of another protocol", "2 to 5", std::to_string(version));
  }
  void stop() {
    if (!one_value()) fail("the pickle leaves more or less than one value");
    content_.root = top();
    done_ = true;
  }
  /// An object of an inert class stands for nothing. There are no others.
  void new_object(unsigned char op, std::size_t arguments) {
    const std::vector<PickleValue> parts = last(arguments + 1);
    if (parts[0].kind != Kind::global || global_of(parts[0], "a name").meaning != TorchName::inert) unknown(op);
    push({Kind::object, 0, 0});
  }
  [[noreturn]] HEED_COLD void unknown(unsigned char op) const {
    char code[8];
    std::snprintf(code, sizeof code, "0x%02x", op);
    const bool object = op == 0x81 || op == 0x92 || op == 'o' || op == 'i';  // NEWOBJ, NEWOBJ_EX, OBJ, INST
    fail(object ? "an object is to be made, which heed does not do" : "an instruction that tensors do not need",
         "tensors in dicts, as torch.save(model.state_dict(), path) writes", code);
  }

  bool done_ = false;
};

/// Reads the pickle that begins at byte `at` of the bytes, and sets `at` behind it. `where` is what messages call the
/// bytes. Nothing is called and no class is looked for. Throws, naming the byte, where an instruction or a name is none
/// of those that are known, or a limit is reached.
HEED_COLD inline PickleContent read_pickle(std::span<const std::byte> bytes, std::size_t& at,
                                           const std::string& where) {
  return PickleMachine(bytes, at, where).run();
}

}  // namespace heed::inline HEED_ISA::detail
