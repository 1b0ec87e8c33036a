#include "heed/io/safetensors_header.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>
#include <limits>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "heed/core/rng.hpp"
#include "safetensors_bytes.hpp"

namespace safetensors_header_test {

using heed::DataType;
using heed::Index;
using heed::Metadata;
using heed::SafetensorsHeader;
using heed::TensorInfo;
using heed_test::error;
using heed_test::file_of;

SafetensorsHeader read(const std::vector<std::byte>& file) { return heed::read_safetensors_header(file, "f"); }
/// The error of a file with this header and this many bytes of data.
std::string error_of(const std::string& json, std::size_t data = 0) {
  return error([&] { read(file_of(json, std::string(data, '\0'))); });
}
/// One F32 tensor "a" of 2 x 3.
std::string tensor_a(const std::string& dtype = R"("F32")", const std::string& shape = "[2,3]",
                     const std::string& offsets = "[0,24]") {
  return R"({"a":{"dtype":)" + dtype + R"(,"shape":)" + shape + R"(,"data_offsets":)" + offsets + "}}";
}

TEST(SafetensorsHeader, ReadsTensorsAndMetadata) {
  const auto header = read(file_of(R"({"__metadata__":{"k":"v","":"\u00fc\n"},)"
                                   R"("b":{"data_offsets":[8,12],"dtype":"BF16","shape":[2,1]},)"
                                   R"("a":{"dtype":"F64","shape":[],"data_offsets":[0,8]}}   )",
                                   std::string(12, '\0')));
  EXPECT_EQ(header.metadata, (Metadata{{"k", "v"}, {"", "\u00fc\n"}}));
  ASSERT_EQ(header.tensors.size(), 2u);
  EXPECT_EQ(header.tensors[0].name, "a");  // in the order of the data
  EXPECT_EQ(header.tensors[0].dtype, DataType::f64);
  EXPECT_TRUE(header.tensors[0].extents.empty());
  EXPECT_EQ(header.tensors[1].name, "b");
  EXPECT_EQ(header.tensors[1].dtype, DataType::bf16);
  EXPECT_EQ(header.tensors[1].extents, (std::vector<Index>{2, 1}));
  EXPECT_EQ(header.tensors[1].begin, 8u);
  EXPECT_EQ(header.tensors[1].end, 12u);
}

TEST(SafetensorsHeader, AFileMayHoldNothing) {
  EXPECT_TRUE(read(file_of("{}")).tensors.empty());
  EXPECT_TRUE(read(file_of(R"({"__metadata__":{}})")).metadata.empty());
}

TEST(SafetensorsHeader, TensorsWithoutElementsTakeNoRoom) {
  const auto header = read(file_of(
      R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"e":{"dtype":"F32","shape":[0,9],"data_offsets":[4,4]},)"
      R"("z":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}})",
      "1234"));
  EXPECT_EQ(header.tensors.size(), 3u);
}

TEST(SafetensorsHeader, RejectsTheWrongLength) {
  EXPECT_EQ(error([] { read({}); }), "f: too short for a safetensors file (expected at least 8 bytes, got 0)");
  EXPECT_EQ(error([] { read(file_of(3, "{}", "")); }),
            "f: no safetensors file, or a truncated one (expected a header of at most 2 bytes, got 3)");
  EXPECT_NE(error([] { read(file_of(std::numeric_limits<std::uint64_t>::max(), "{}", "")); }), "no error");
  EXPECT_EQ(error([] { read(file_of("")); }), "f: the header is no JSON object (expected {, got nothing)");
}

TEST(SafetensorsHeader, NamesOtherFormats) {
  using namespace std::string_literals;
  const auto error_for = [](const std::string& start) {
    std::vector<std::byte> bytes(100, std::byte{'0'});
    std::transform(start.begin(), start.end(), bytes.begin(), [](char c) { return static_cast<std::byte>(c); });
    return error([&] { read(bytes); });
  };
  EXPECT_EQ(error_for("PK\x03\x04"s),
            "f: no safetensors file (expected one as save_file of safetensors.torch writes it, got a ZIP archive, as "
            "torch.save and Keras write: heed::PyTorchFile reads those of torch.save)");
  EXPECT_NE(error_for("\x80\x02}q"s).find("a Python pickle"), std::string::npos);
  EXPECT_NE(error_for("\x89HDF\r\n\x1A\n"s).find("an HDF5 file"), std::string::npos);
  EXPECT_NE(error_for("\x93NUMPY\x01"s).find("a NumPy file"), std::string::npos);
  EXPECT_NE(error_for("\x08\x07\x12\x07pytorch"s).find("an ONNX file"), std::string::npos);
  EXPECT_NE(error_for("\x08\x08\x12\x04heed"s).find("an ONNX file"), std::string::npos);
  EXPECT_NE(error_for("47,100,5,1,a\n"s).find("a text file"), std::string::npos);
  EXPECT_NE(error_for("{\"a\": 1}"s).find("a JSON file"), std::string::npos);
  const std::string more = "{\"a\": 1}{";  // what follows a file of eight bytes in memory is not read
  const std::span<const std::byte> eight = std::as_bytes(std::span(more)).first(8);
  EXPECT_NE(error([&] { heed::read_safetensors_header(eight, "x"); }).find("a JSON file"), std::string::npos);
}

TEST(SafetensorsHeader, RejectsMoreThanTheFormatAllows) {
  std::vector<std::byte> large(100'000'016, std::byte{' '});
  const auto start = file_of(100'000'001, "{}", "");
  std::copy(start.begin(), start.end(), large.begin());
  EXPECT_EQ(error([&] { read(large); }),
            "f: no safetensors file, or a truncated one (expected a header of at most 100000000 bytes, got 100000001)");
}

TEST(SafetensorsHeader, RejectsWhatIsNoJsonObject) {
  for (const std::string json : {"[]", "1", "null", " {}", "\xef\xbb\xbf{}", "x"}) {
    EXPECT_NE(error_of(json).find("f: the header is no JSON object"), std::string::npos) << json;
  }
  for (const std::string json : {"{", "{}}", "{} x", "{\"a\"", "{\"a\":", "{\"a\":}", "{,}", "{\"a\" 1}", "{'a':{}}",
                                 "{\"a\\x\":{}}", "{\"a\n\":{}}", "{\"\xff\":{}}", "{\"\\ud800\":{}}", "{}/**/"}) {
    EXPECT_NE(error_of(json).find("the header is no valid JSON"), std::string::npos) << json << error_of(json);
  }
  EXPECT_EQ(error_of("{} x"), "f: byte 11: the header is no valid JSON (got \"{} x\")");
}

TEST(SafetensorsHeader, RejectsZeroBytes) {
  EXPECT_EQ(error_of(std::string("{}\0", 3)), "f: a zero byte in the header (expected JSON text)");
  EXPECT_EQ(error_of(std::string("{}\0garbage", 10)), "f: a zero byte in the header (expected JSON text)");
}

TEST(SafetensorsHeader, RejectsMetadataThatIsNoText) {
  EXPECT_EQ(error_of(R"({"__metadata__":{"k":1}})"),
            "f: metadata \"k\": wrong kind of value in the header (expected a string, got 1)");
  for (const std::string value : {"null", "true", "-1", "1.5", "{}", "[]"}) {
    EXPECT_NE(error_of(R"({"__metadata__":{"k":)" + value + "}}"), "no error") << value;
  }
  for (const std::string value : {"null", "\"text\"", "[]", "3"}) {
    EXPECT_EQ(error_of(R"({"__metadata__":)" + value + "}").find("f: \"__metadata__\": wrong kind of value"), 0u);
  }
}

TEST(SafetensorsHeader, RejectsTensorsThatAreNoObjects) {
  for (const std::string value : {"null", "true", "1", "-1", "0.5", "\"F32\"", "[]"}) {
    EXPECT_EQ(
        error_of(R"({"a":)" + value + "}").find("f: \"a\": wrong kind of value in the header (expected an object"), 0u)
        << value;
  }
}

TEST(SafetensorsHeader, RejectsDuplicateKeys) {
  const std::string a = R"("a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]})";
  EXPECT_EQ(error_of("{" + a + "," + a + "}"), "f: tensor \"a\": duplicate key");
  EXPECT_EQ(error_of(R"({"__metadata__":{},"__metadata__":{}})"), "f: \"__metadata__\": duplicate key");
  EXPECT_EQ(error_of(R"({"__metadata__":{"k":"1","k":"1"}})"), "f: metadata \"k\": duplicate key");
  EXPECT_EQ(error_of(R"({"a":{"dtype":"U8","dtype":"U8"}})"), "f: tensor \"a\": \"dtype\": duplicate key");
  EXPECT_EQ(error_of(R"({"a":{"shape":[],"\u0073hape":[]}})"), "f: tensor \"a\": \"shape\": duplicate key");
}

TEST(SafetensorsHeader, RejectsOtherKeysOfATensor) {
  EXPECT_EQ(error_of(R"({"a":{"dtype":"U8","offset":0}})"),
            "f: tensor \"a\": \"offset\": unknown key (expected dtype, shape and data_offsets)");
  EXPECT_EQ(error_of(R"({"a":{"dtype":"U8","shape":[0]}})"),
            "f: tensor \"a\": missing key (expected dtype, shape and data_offsets)");
  EXPECT_NE(error_of(R"({"a":{}})"), "no error");
}

TEST(SafetensorsHeader, RejectsValuesOfTheWrongKind) {
  EXPECT_EQ(error_of(tensor_a("1"), 24),
            "f: tensor \"a\": \"dtype\": wrong kind of value in the header (expected a string, got 1)");
  EXPECT_EQ(
      error_of(tensor_a(R"("F32")", "6"), 24),
      "f: tensor \"a\": \"shape\": wrong kind of value in the header (expected an array of whole numbers, got 6)");
  EXPECT_EQ(
      error_of(tensor_a(R"("F32")", "[-2,3]"), 24),
      "f: tensor \"a\": \"shape\": wrong kind of value in the header (expected a whole number, at least 0, got -2)");
  for (const std::string value : {"null", "true", "{}", "\"x\"", "[1.0]", "[1e0]", "[[1]]", "[{}]", "[null]", "[\"1\"]",
                                  "[true]", "[18446744073709551616]"}) {
    EXPECT_NE(error_of(tensor_a(R"("F32")", value), 24).find("\"shape\": wrong kind of value"), std::string::npos)
        << value;
    EXPECT_NE(error_of(tensor_a(R"("F32")", "[2,3]", value), 24).find("\"data_offsets\": wrong kind of value"),
              std::string::npos)
        << value;
  }
  for (const std::string value : {"null", "[]", "{}", "true"}) {
    EXPECT_NE(error_of(tensor_a(value), 24).find("\"dtype\": wrong kind of value"), std::string::npos) << value;
  }
}

TEST(SafetensorsHeader, RejectsUnknownTypes) {
  EXPECT_EQ(error_of(tensor_a(R"("F31")"), 24),
            "f: tensor \"a\": \"dtype\": unknown dtype (expected one such as F32, F64, F16 or BF16, got \"F31\")");
}

TEST(SafetensorsHeader, RejectsTooManyAxes) {
  const auto shape = [](int rank) {
    std::string text = "[2,3";
    for (int i = 2; i < rank; ++i) text += ",1";
    return text + "]";
  };
  EXPECT_EQ(error_of(tensor_a(R"("F32")", shape(16)), 24), "no error");
  EXPECT_EQ(error_of(tensor_a(R"("F32")", shape(17)), 24),
            "f: tensor \"a\": \"shape\": too many axes (expected at most 16)");
}

TEST(SafetensorsHeader, RejectsTheWrongNumberOfOffsets) {
  EXPECT_EQ(error_of(tensor_a(R"("F32")", "[2,3]", "[24]"), 24),
            "f: tensor \"a\": \"data_offsets\": too few data_offsets (expected 2, got 1)");
  EXPECT_EQ(error_of(tensor_a(R"("F32")", "[2,3]", "[0,24,24]"), 24),
            "f: tensor \"a\": \"data_offsets\": too many data_offsets (expected 2)");
}

TEST(SafetensorsHeader, RejectsOffsetsOutsideOfTheData) {
  EXPECT_EQ(error_of(tensor_a(), 23),
            "f: tensor \"a\": data_offsets outside of the data (expected begin <= end <= 23, got [0, 24])");
  EXPECT_NE(error_of(tensor_a(R"("F32")", "[2,3]", "[24,0]"), 24).find("outside of the data"), std::string::npos);
  EXPECT_NE(error_of(tensor_a(R"("F32")", "[2,3]", "[9223372036854775807,9223372036854775807]"), 24), "no error");
  EXPECT_NE(error_of(tensor_a(R"("F32")", "[2,3]", "[0,9223372036854775808]"), 24).find("number too large"),
            std::string::npos);
}

TEST(SafetensorsHeader, RejectsAShapeOfAnotherSize) {
  EXPECT_EQ(error_of(tensor_a(R"("F64")"), 24),
            "f: tensor \"a\": data_offsets and shape disagree (expected 48 bytes for F64 (2, 3), got 24)");
  EXPECT_EQ(error_of(tensor_a(R"("F32")", "[4294967296,4294967296]", "[0,0]")),
            "f: tensor \"a\": data_offsets and shape disagree (expected more than 2^63 bytes for F32 (4294967296, "
            "4294967296), got 0)");
}

TEST(SafetensorsHeader, RejectsOverlapsAndGaps) {
  const auto two = [](const std::string& a, const std::string& b) {
    return R"({"a":{"dtype":"U8","shape":[4],"data_offsets":)" + a +
           R"(},"b":{"dtype":"U8","shape":[4],"data_offsets":)" + b + "}}";
  };
  EXPECT_EQ(error_of(two("[0,4]", "[4,8]"), 8), "no error");
  EXPECT_EQ(error_of(two("[4,8]", "[0,4]"), 8), "no error");
  EXPECT_EQ(error_of(two("[0,4]", "[3,7]"), 7),
            "f: tensor \"b\": data overlaps another tensor's (expected begin = 4, got [3, 7])");
  EXPECT_NE(error_of(two("[0,4]", "[0,4]"), 4).find("overlaps"), std::string::npos);
  EXPECT_EQ(error_of(two("[0,4]", "[5,9]"), 9),
            "f: tensor \"b\": a gap before the data (expected begin = 4, got [5, 9])");
  EXPECT_NE(error_of(two("[1,5]", "[5,9]"), 9).find("tensor \"a\": a gap"), std::string::npos);
  EXPECT_EQ(error_of(two("[0,4]", "[4,8]"), 9), "f: bytes after the last tensor (expected 8 bytes of data, got 9)");
  EXPECT_NE(error_of("{}", 1), "no error");
}

TEST(SafetensorsHeader, RejectsDeepNestingAtOnce) {
  const std::string brackets(20'000'000, '[');
  EXPECT_EQ(error_of(R"({"a":)" + brackets).find("f: \"a\": wrong kind of value"), 0u);
  EXPECT_EQ(error_of(R"({"a":{"shape":)" + brackets).find("f: tensor \"a\": \"shape\": wrong kind of value"), 0u);
  std::string braces = "{";
  for (int i = 0; i < 1'000'000; ++i) braces += R"("a":{)";
  EXPECT_NE(error_of(braces).find("unknown key"), std::string::npos);
}

TEST(SafetensorsHeader, LimitsStringsBlanksAndCounts) {
  EXPECT_EQ(error_of(R"({"__metadata__":{"k":")" + std::string((1 << 22) - 2, 'x') + R"("}})"), "no error");
  EXPECT_EQ(error_of(R"({"__metadata__":{"k":")" + std::string(1 << 22, 'x') + R"("}})"),
            "f: a string of the header is too long (expected at most 2^22 bytes)");
  EXPECT_EQ(error_of("{" + std::string(4097, '\n') + "}"),
            "f: too many blanks or digits in the header (expected at most 4096 in a row)");
  EXPECT_EQ(error_of("{}" + std::string(100'000, ' ')), "no error");  // padding
  EXPECT_EQ(error_of(R"({"__metadata__":{"k": ")" + std::string(5000, 'x') + "\"\n}}"), "no error");

  std::string tensors = "{", texts = R"({"__metadata__":{)";
  for (int i = 0; i < 100'001; ++i) {
    const std::string name = (i ? ",\"" : "\"") + std::to_string(i);
    tensors += name + R"(":{"dtype":"U8","shape":[0],"data_offsets":[0,0]})";
    texts += name + R"(":"")";
  }
  EXPECT_EQ(error_of(tensors + "}"), "f: \"100000\": too many tensors (expected at most 100000)");
  EXPECT_EQ(error_of(texts + "}}"), "f: metadata \"100000\": too many entries (expected at most 100000)");
}

TEST(SafetensorsHeader, MessagesShowNoLongOrControllingText) {
  for (const std::string& json : {R"({"\u001b[2J)" + std::string(1'000'000, 'x') + R"(":1})",
                                  R"({"a)" + std::string(1'000'000, 'x') + "\x01\":1}",
                                  R"({"a":{"dtype":")" + std::string(1'000'000, 'x') + "\"}}",
                                  R"({"a":{"shape":[)" + std::string(4000, '1') + "]}}"}) {
    const auto message = error_of(json);
    EXPECT_NE(message, "no error");
    EXPECT_LT(message.size(), 400u);
    EXPECT_EQ(message.find('\x1b'), std::string::npos);
  }
}

TEST(SafetensorsHeader, AHostileFileCostsAboutItsSize) {
  const std::size_t size = 12'000'000;
  std::string many = "{";
  while (many.size() < size)
    many += "\"" + std::to_string(many.size()) + R"(":{"dtype":"U8","shape":[0,1,1],"data_offsets":[0,0]},)";
  std::string texts = R"({"__metadata__":{"":"")";
  while (texts.size() < size)
    texts += ",\"" + std::to_string(texts.size()) + "\":\"" + std::string(4'000'000, 'x') + '"';
  for (const std::string& json :
       {R"({"a":{"dtype":"F64","shape":[1000000000,1000000],"data_offsets":[0,8000000000000000]}})" + std::string(),
        "{\"" + std::string(size, 'x'), "{\"" + std::string(4'000'000, 'x') + '\n', "{" + std::string(size, '\n') + "x",
        "{\"a\":" + std::string(size, '['), "{\"a\":" + std::string(size, '7'), many, texts, texts + "}}"}) {
    const auto file = file_of(json);
    std::string message;
    const std::size_t peak = heed_test::peak_memory([&] { message = error([&] { read(file); }); });
    EXPECT_EQ(message == "no error", json.ends_with("}}") && json.size() > 1000) << message;
    EXPECT_LT(peak, json.size() + size) << json.substr(0, 40);
  }
}

TEST(SafetensorsHeader, WritesWhatItReads) {
  const Metadata metadata = {{"k", "\"quoted\" \\ \n\t\x01 \u00fc"}, {"", ""}, {"\u2713", "v"}};
  const std::vector<TensorInfo> tensors = {{"b\"\n", DataType::f32, {2, 1}, 0, 8}, {"a", DataType::f64, {}, 8, 16}};
  const std::string text = heed::write_safetensors_header(metadata, tensors);
  EXPECT_EQ(text.size() % 8, 0u);
  std::vector<std::byte> file(text.size() + 16);
  std::memcpy(file.data(), text.data(), text.size());
  const auto header = read(file);
  EXPECT_EQ(header.data_begin, text.size());
  EXPECT_EQ(header.metadata, metadata);
  ASSERT_EQ(header.tensors.size(), 2u);
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(header.tensors[i].name, tensors[i].name);
    EXPECT_EQ(header.tensors[i].dtype, tensors[i].dtype);
    EXPECT_EQ(header.tensors[i].extents, tensors[i].extents);
    EXPECT_EQ(header.tensors[i].begin, tensors[i].begin);
    EXPECT_EQ(header.tensors[i].end, tensors[i].end);
  }
}

TEST(SafetensorsHeader, WritesTheFormOfTheReferenceImplementation) {
  const std::string text = heed::write_safetensors_header({{"k", "v"}}, {{"a", DataType::f32, {2, 3}, 0, 24}});
  EXPECT_EQ(text.substr(8),
            R"({"__metadata__":{"k":"v"},"a":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]}}      )");
  EXPECT_EQ(text.substr(0, 8), std::string("\x58\0\0\0\0\0\0\0", 8));
}

TEST(SafetensorsHeader, EscapesWhatJsonDoesAndNothingElse) {
  std::string text;
  for (char c = 0; c < 0x20; ++c) text += c;
  text += "/\"\\\x7f\u00fc\u2713\U0001f600";
  const std::string header = heed::write_safetensors_header({{"k", text}}, {});
  const std::string escaped =
      R"(\u0000\u0001\u0002\u0003\u0004\u0005\u0006\u0007\b\t\n\u000b\f\r\u000e\u000f)"
      R"(\u0010\u0011\u0012\u0013\u0014\u0015\u0016\u0017\u0018\u0019\u001a\u001b\u001c\u001d\u001e\u001f)"
      "/\\\"\\\\\x7f\u00fc\u2713\U0001f600";
  EXPECT_EQ(header.substr(8, header.rfind('}') - 7), R"({"__metadata__":{"k":")" + escaped + "\"}}");
  EXPECT_EQ(read(file_of(std::string_view(header).substr(8))).metadata.at("k"), text);
}

TEST(SafetensorsHeader, RefusesToWriteWhatItCouldNotRead) {
  EXPECT_EQ(error([] { heed::write_safetensors_header({{"k", "\xff"}}, {}); }),
            "metadata \"k\": text is not valid UTF-8");
  EXPECT_NE(error([] { heed::write_safetensors_header({{"\xff", ""}}, {}); }), "no error");
  EXPECT_NE(error([] { heed::write_safetensors_header({}, {{"\xc3", DataType::f32, {}, 0, 4}}); }), "no error");
  EXPECT_NE(error([] { heed::write_safetensors_header({{"k", std::string(1 << 22, 'x')}}, {}); }), "no error");
  EXPECT_EQ(error([] { heed::write_safetensors_header({{"k", std::string(1 << 20, '\x01')}}, {}); }),
            "metadata \"k\": text too long (expected less than 2^22 bytes, got 6291456)");
}

/// A file whose header is read again, in the form in which it is written, says the same.
void expect_written_and_read_to_be_the_same(const SafetensorsHeader& header, std::size_t data) {
  const std::string text = heed::write_safetensors_header(header.metadata, header.tensors);
  const SafetensorsHeader again =
      read(file_of(text.size() - 8, std::string_view(text).substr(8), std::string(data, 'x')));
  EXPECT_EQ(again.metadata, header.metadata);
  ASSERT_EQ(again.tensors.size(), header.tensors.size());
  for (std::size_t i = 0; i < header.tensors.size(); ++i) {
    const TensorInfo &a = again.tensors[i], &b = header.tensors[i];
    EXPECT_EQ(std::tie(a.name, a.dtype, a.extents, a.begin, a.end),
              std::tie(b.name, b.dtype, b.extents, b.begin, b.end));
  }
}

TEST(SafetensorsHeader, WhateverHappensToAFileItIsReadOrRejected) {
  const std::string headers[] = {
      R"({"__metadata__":{"k":"v","":"\u00fc\n\ud83d\ude00"},"b":{"data_offsets":[8,24],"dtype":"BF16","shape":[2,4]},)"
      R"("a":{"dtype":"F64","shape":[],"data_offsets":[0,8]}}   )",
      "{ \"\u00fc\u2713\U0001f600\" : {\"shape\":\t[0, 9],\r\n\"dtype\":\"I8\",\"data_offsets\":[24,24]},"
      R"("z":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]}})"};
  const std::string parts[] = {"{",
                               "}",
                               "[",
                               "]",
                               ",",
                               ":",
                               "\"",
                               "\\",
                               "\\ud800",
                               "\\udc00",
                               "\\u00e9",
                               "\\n",
                               "null",
                               "true",
                               "-",
                               "0",
                               "00",
                               "1.5",
                               "1e5",
                               "\xff",
                               "\xc0\x80",
                               "\xed\xa0\x80",
                               "\x7f",
                               "\n",
                               "18446744073709551616",
                               "\"dtype\"",
                               "\"__metadata__\""};
  const heed::Key random{5};
  int read_at_all = 0;
  for (std::uint64_t i = 0; i < 100'000; ++i) {
    const heed::Key key = random.child(i);
    std::uint64_t draws = 0;
    const auto below = [&](std::size_t n) { return static_cast<std::size_t>(key.below(draws++, n)); };
    std::string text = headers[below(2)];
    for (std::size_t changes = 1 + below(2); changes > 0; --changes) {
      const std::size_t at = below(text.size());
      switch (below(4)) {
        case 0:
          text[at] = static_cast<char>(below(256));
          break;
        case 1:
          text.erase(at, 1 + below(4));
          break;
        case 2:
          text.insert(at, parts[below(std::size(parts))]);
          break;
        default:
          text.insert(at, text.substr(below(text.size()), below(30)));
      }
    }
    try {
      const auto header = read(file_of(text, std::string(24, 'x')));
      ++read_at_all;
      expect_written_and_read_to_be_the_same(header, 24);
    } catch (const heed::Error&) {
    }
    if (testing::Test::HasFailure()) FAIL() << text;
  }
  EXPECT_GT(read_at_all, 1'000);
}

}  // namespace safetensors_header_test
