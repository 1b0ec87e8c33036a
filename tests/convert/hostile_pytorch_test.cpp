// Files of PyTorch that nobody writes but to do harm: each is one error, and costs no more memory than the file.

#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "../support/allocations.hpp"
#include "../support/error_of.hpp"
#include "heed/convert/pytorch.hpp"
#include "heed/files/file.hpp"
#include "pickles.hpp"

namespace hostile_pytorch_test {

using namespace pickles;
using heed::PyTorchFile;
using test_support::error_of;

std::string refusal(const std::vector<std::byte>& bytes) {
  return error_of([&] { PyTorchFile(std::span<const std::byte>(bytes), "f.pt"); });
}
std::string refusal_of(std::string_view body) { return refusal(archive(pickle(body))); }

void expect_refused(std::string_view body, std::string_view part) {
  const std::string text = refusal_of(body);
  EXPECT_TRUE(text.starts_with("f.pt: ")) << text;
  EXPECT_NE(text.find(part), std::string::npos) << text;
}

const std::string whole = tensor(storage("0", 4), 0, "K\x04", "K\x01");

TEST(HostilePyTorch, TheFilesOfTheseTestsAreReadWhereNothingIsWrong) {
  EXPECT_EQ(refusal_of(dict("w", whole)), "no error");
  EXPECT_EQ(refusal_of(dict("w", tensor(storage("0", 4), 1, "K\x03K\x02", "K\x01K\x00"s))), "no error");
}

TEST(HostilePyTorch, NamesAreNeverCalled) {
  const std::string command = text("touch /tmp/heed_was_here");
  const char* const unknown = "never calls, \"";
  expect_refused(called(name("os", "system"), command),
                 "data.pkl, byte 2: heed does not know, and never calls, \"os.system\"");
  expect_refused(called(name("posix", "system"), command), unknown);
  expect_refused(called(text("os") + text("system") + "\x93", command), "\"os.system\"");
  expect_refused(called(name("builtins", "eval"), command), unknown);
  expect_refused(called(name("collections", "ChainMap"), ""), unknown);
  expect_refused(called(name("builtins", "getattr"), command), unknown);
  expect_refused(called(name("copyreg", "_reconstructor"), command), unknown);
  expect_refused(called(name("torch", "load"), command), unknown);
  expect_refused(called(name("torch", "FloatStorage"), command), "never calls");
  expect_refused(name("__main__", "Net") + ")\x81", "state_dict()");
  expect_refused("i" + std::string("os\nsystem\n"), "an object is to be made");
  expect_refused(name("collections", "OrderedDict") + ")\x81", "an object is to be made");
  EXPECT_FALSE(std::filesystem::exists("/tmp/heed_was_here"));
}

TEST(HostilePyTorch, WhatStandsForNothingHoldsNothing) {
  const std::string device = name("torch", "device");
  EXPECT_EQ(refusal_of("}(" + text("w") + whole + text("device") + called(device, text("cpu")) + "u"), "no error");
  for (const std::string& body : {called(device, whole), device + tuple(whole) + "\x81",
                                  called(name("collections", "Counter"), "") + "(" + text("v") + whole + "u"}) {
    const std::vector<std::byte> bytes = archive(pickle(dict("w", body)));
    EXPECT_EQ(PyTorchFile(std::span<const std::byte>(bytes)).tensors().size(), 0u) << body;
  }
  expect_refused(called(called(device, text("cpu")), text("cpu")), "a value of another kind");  // it cannot be called
  expect_refused(dict("w", called(name("torch._utils", "_rebuild_tensor_v2"), called(device, "") + "K\x00))\x89)"s)),
                 "a tensor without a storage");
  expect_refused(called(name("collections", "OrderedDict"),
                        "]](K\x01K\x02K\x03"
                        "ea"),
                 "no keys with values");
  expect_refused(called(name("collections", "OrderedDict"), "K\x01"), "no list");
}

TEST(HostilePyTorch, StatesAreForDictsAlone) {
  EXPECT_EQ(refusal_of(called(name("collections", "OrderedDict"), "") + "}b"), "no error");
  expect_refused(dict("w", whole + "}b"), "a state for what has none");
  expect_refused("]}b", "a state for what has none");
}

TEST(HostilePyTorch, LengthsAreNotBelieved) {
  const char* const ends = "the pickle ends within an instruction (expected ";
  expect_refused("\x8b" + little_endian(0x7FFFFFFF, 4), ends);
  expect_refused("\x8b" + little_endian(0xFFFFFFFF, 4), ends);
  expect_refused("\x8d" + little_endian(std::uint64_t{1} << 63, 8), ends);
  expect_refused("\x8e" + little_endian(~std::uint64_t{0}, 8), ends);
  expect_refused("\x96" + little_endian(std::uint64_t{1} << 40, 8), ends);
  expect_refused("\x95" + little_endian(std::uint64_t{1} << 62, 8), ends);
  expect_refused("X" + little_endian(0xFFFFFFFF, 4), ends);
  expect_refused("cos", "ends within a name");
}

TEST(HostilePyTorch, ThePickleMustBeWhole) {
  const std::string good = pickle(dict("w", whole));
  for (std::size_t n = 0; n < good.size(); ++n) {
    const std::string text = refusal(archive(good.substr(0, n)));
    EXPECT_NE(text.find("f.pt: data.pkl, byte "), std::string::npos) << n << text;
  }
  EXPECT_NE(refusal(archive(good + ".")).find("bytes behind the pickle"), std::string::npos);
  expect_refused("(}", "more or less than one value");
  expect_refused("}}", "more or less than one value");
  expect_refused("R", "lacks a value");
  expect_refused("u", "lacks a mark");
  expect_refused("](t", "more or less than one value");
  expect_refused("N", "no tensors");
  expect_refused("\xff", "an instruction that tensors do not need");
  expect_refused("I1\n", "(expected tensors in dicts, as torch.save(model.state_dict(), path) writes, got 0x49)");
}

TEST(HostilePyTorch, TheMemoIsFilledInOrder) {
  expect_refused("}r" + little_endian(0xFFFFFFFE, 4), "memo");
  expect_refused("}q\x01", "memo");
  expect_refused("h\x05", "memo");
  expect_refused("j" + little_endian(0x7FFFFFFF, 4), "memo");
}

TEST(HostilePyTorch, DeepAndEndlessValuesAreRefused) {
  std::string deep = whole;
  for (int i = 0; i < 100; ++i) deep = "]" + deep + "a";
  expect_refused(deep, "inside of each other");
  expect_refused(std::string(100'000, ']') + std::string(99'999, 'a'), "inside of each other");
  expect_refused("]q\x00h\x00"s + "a", "inside of each other");               // holds itself
  expect_refused("}q\x00"s + text("a") + "h\x00s"s, "inside of each other");  // so does this
}

TEST(HostilePyTorch, ValuesThatMultiplyAreRefused) {
  std::string body = tuple(whole) + "q\x00"s;  // 2^60 tensors
  for (char i = 0; i < 60; ++i) body += std::string("0h") + i + "h" + i + "\x86q" + static_cast<char>(i + 1);
  expect_refused(body, "too many places");
  std::string empty = ")q\x00"s;
  for (char i = 0; i < 60; ++i) empty += std::string("0h") + i + "h" + i + "\x86q" + static_cast<char>(i + 1);
  expect_refused(empty, "too many places");
  std::string names = dict(std::string(10'000, 'n'), dict("w", whole)) + "q\x00"s + "]q\x01(";  // each a long name
  for (int i = 0; i < 10'000; ++i) names += "h\x00"s;
  expect_refused(names + "e\x86", "too many places");
  std::string copies = name("collections", "OrderedDict") + "q\x00"s + "0](NNeq\x01" + "0](";  // a list for each dict
  for (int i = 0; i < 1'000; ++i) copies += "h\x01";
  copies += "e\x85q\x02" + "0"s;
  const std::string once = copies + "h\x00"s + "h\x02R0}";
  EXPECT_EQ(refusal_of(once), "no error");
  for (int i = 0; i < 100; ++i) copies += "h\x00"s + "h\x02R0";
  expect_refused(copies + "}", "OrderedDicts of the same list");
}

TEST(HostilePyTorch, ShapesAreCompared) {
  const auto with = [](std::uint64_t offset, const std::string& sizes, const std::string& strides) {
    return dict("w", tensor(storage("0", 4), offset, sizes, strides));
  };
  const std::uint64_t huge = std::uint64_t{1} << 62, minus = ~std::uint64_t{0};
  expect_refused(with(0, integer(huge), integer(1)), "f.pt: tensor \"w\": a tensor larger than its file");
  expect_refused(with(0, integer(huge) + integer(huge), integer(0) + integer(0)), "a tensor larger than its file");
  expect_refused(with(0, integer(100'000), integer(0)), "a tensor larger than its file");
  expect_refused(with(0, integer(5), integer(1)), "a tensor outside of its storage (expected at most 4 elements");
  expect_refused(with(1, integer(4), integer(1)), "outside of its storage");
  expect_refused(with(huge, integer(1), integer(1)), "outside of its storage");
  expect_refused(with(0, integer(2), integer(huge)), "outside of its storage");
  expect_refused(with(0, integer(3) + integer(3), integer(huge) + integer(huge)), "outside of its storage");
  expect_refused(with(minus, integer(1), integer(1)), "an offset below 0");
  expect_refused(with(0, integer(minus), integer(1)), "a size below 0");
  expect_refused(with(3, integer(3), integer(minus)), "strides below 0");
  expect_refused(with(0, integer(2), ""), "a stride is for each axis");
  expect_refused(with(0, std::string(40, 'N'), ""), "too many axes");
  expect_refused(with(0, "\x8a\x09" + little_endian(1, 8) + "\x01", integer(1)), "no whole number of 64 bits");
}

TEST(HostilePyTorch, StridesOfAxesOfOneElementSayNothing) {
  const std::uint64_t largest = ~std::uint64_t{0} >> 1;
  const std::string sizes = "K\x02K\x01", strides = "K\x02" + integer(largest);
  const auto bytes = archive(pickle(dict("w", tensor(storage("0", 4), 0, sizes, strides))));
  const PyTorchFile file(std::span<const std::byte>(bytes), "f.pt");
  EXPECT_EQ(file.read<float>("w"), (std::vector<float>{0, 0}));
  EXPECT_EQ(file.find("w")->strides, (std::vector<heed::Index>{2, 0}));
}

TEST(HostilePyTorch, TensorsAndStoragesAreCounted) {
  const auto repeated = [](std::string body, std::string_view instructions) {
    for (int i = 0; i <= 100'000; ++i) body += instructions;
    return body;
  };
  const std::string arguments = storage("0", 4) + integer(0) + tuple("K\x04") + tuple("K\x01") + "\x89N";
  const std::string callee = name("torch._utils", "_rebuild_tensor_v2") + "q\x00"s;
  expect_refused(repeated(callee + tuple(arguments) + "q\x01", "h\x00h\x01R0"s), "too many tensors");
  // an instruction of three bytes must not copy what may be as long as the file
  expect_refused(callee + tuple(std::string(9, 'N')) + "R", "a wrong number of arguments");
  const std::string id = tuple(text("storage") + name("torch", "FloatStorage") + text("0") + text("cpu") + "K\x04");
  expect_refused(repeated(id + "q\x00"s, "h\x00Q0"s), "too many storages");
}

TEST(HostilePyTorch, StoragesAreCompared) {
  const auto with = [](const std::string& body) { return dict("w", tensor(body, 0, "K\x04", "K\x01")); };
  expect_refused(with(storage("0", 5)), "a storage and its record disagree (expected 20 bytes for 5 F32, got 16)");
  expect_refused(with(storage("0", 3)), "a storage and its record disagree");
  expect_refused(with(storage("0", std::uint64_t{1} << 62)), "a storage and its record disagree");
  expect_refused(with(storage("0", ~std::uint64_t{0})), "a number of elements below 0");
  expect_refused(with(storage("1", 4)), "\"a/data/1\": a record is missing");
  expect_refused(with(storage("../data.pkl", 4)), "a record is missing");
  expect_refused(with(storage("0", 4, "QUInt8Storage")), "torch.QUInt8Storage");
  expect_refused(with(tuple(text("module")) + "Q"), "no storage of a tensor");
  expect_refused(with("NQ"), "a storage that is no tuple");
  expect_refused(with("N"), "a tensor without a storage");
}

TEST(HostilePyTorch, NamesAreDifferent) {
  expect_refused("}(" + text("w") + whole + text("w") + whole + "u", "duplicate key");
  expect_refused("}(" + text("a.b") + whole + text("a") + dict("b", whole) + "u", "duplicate key");
  expect_refused("}N" + whole + "s", "a key that is no text");
  expect_refused("}(" + text("w") + "u", "a key without a value");
}

TEST(HostilePyTorch, ArchivesAreChecked) {
  const std::string good = pickle(dict("w", whole));
  test_support::ZipWriter two, none, bomb;
  two.add("a/data.pkl", good);
  two.add("b/data.pkl", good);
  EXPECT_NE(refusal(two.bytes()).find("two pickles"), std::string::npos);
  none.add("a/data", good);
  EXPECT_NE(refusal(none.bytes()).find("none of torch.save"), std::string::npos);
  bomb.add("a/data.pkl", good);
  bomb.list("a/data/0", bomb.bytes().size(), "", std::uint64_t{1} << 31, 8);
  const std::vector<std::byte> bytes = bomb.bytes();
  const std::filesystem::path path = std::filesystem::temp_directory_path() / "heed_bomb.pt";
  heed::write_file(path, {bytes});
  bool asked = false;
  const std::string text = error_of([&] {
    PyTorchFile(path, {.unpack = [&](const std::filesystem::path&, const std::string&) {
                  asked = true;
                  return std::vector<std::byte>();
                }});
  });
  EXPECT_NE(text.find("holds too much"), std::string::npos) << text;
  EXPECT_FALSE(asked);
  std::filesystem::remove(path);
}

TEST(HostilePyTorch, EachCutAndEachFlippedBitOfAFileIsReadOrRefused) {
  const std::filesystem::path data = std::filesystem::path(__FILE__).parent_path() / "data";
  for (const char* const name : {"torch1/named.pt", "torch2/legacy.pt"}) {
    const std::vector<std::byte> good = heed::read_file(data / name);
    for (std::size_t n = 0; n < good.size(); n += 3) {
      const std::string text = refusal({good.begin(), good.begin() + static_cast<std::ptrdiff_t>(n)});
      EXPECT_TRUE(text.starts_with("f.pt: ")) << n << ' ' << text;
      std::vector<std::byte> other = good;
      other[n] ^= std::byte{0x11};
      EXPECT_TRUE(refusal(other).starts_with("f.pt: ") || refusal(other) == "no error") << n;
    }
  }
}

TEST(HostilePyTorch, MemoryIsThatOfTheFile) {
  const auto cost = [](const std::vector<std::byte>& bytes) {
    const long before = test_support::allocated_bytes();
    refusal(bytes);
    return test_support::allocated_bytes() - before;
  };
  const std::string many(200'000, ']'), marks(200'000, '('), tuples(200'000, ')');
  std::string twice = tuple(whole) + "q\x00"s;
  for (char i = 0; i < 100; ++i) twice += std::string("0h") + i + "h" + i + "\x86q" + static_cast<char>(i + 1);
  for (const std::string& body : {many, marks, tuples, twice, std::string(200'000, '2')}) {
    const std::vector<std::byte> bytes = archive(pickle("N" + body));
    EXPECT_LT(cost(bytes), 200 * static_cast<long>(bytes.size()) + 100'000) << body.substr(0, 10);
  }
  const std::string large = dict("w", tensor(storage("0", 4), 0, integer(std::uint64_t{1} << 40), integer(0)));
  EXPECT_LT(cost(archive(pickle(large))), 100'000);
}

}  // namespace hostile_pytorch_test
