#include "heed/data/npy_header.hpp"

#include <gtest/gtest.h>

#include <span>
#include <string>
#include <vector>

#include "support.hpp"

namespace npy_header_test {

using data_test::error_of;
using heed::Index;

/// A file of the version `major`.0: the header as it stands here, then `payload` zero bytes.
std::string header_file(const std::string& dictionary, std::size_t payload, int major = 1) {
  std::string file = "\x93NUMPY";
  file += {static_cast<char>(major), '\0'};
  for (int i = 0; i < (major == 1 ? 2 : 4); ++i) file += static_cast<char>((dictionary.size() >> (8 * i)) & 0xFF);
  return file + dictionary + std::string(payload, '\0');
}
heed::NpyHeader parsed_header(const std::string& file) {
  return heed::parse_npy_header(std::as_bytes(std::span(file)), "x.npy");
}
std::string header_error(const std::string& dictionary, std::size_t payload = 0) {
  return error_of([&] { parsed_header(header_file(dictionary, payload)); });
}

const std::string good_header = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }";

TEST(NpyHeader, ReadsEveryVersion) {
  for (const int major : {1, 2, 3}) {
    const auto header = parsed_header(header_file(good_header + "    \n", 24, major));
    EXPECT_EQ(header.descr, "<f4");
    EXPECT_FALSE(header.fortran_order);
    EXPECT_EQ(header.extents, (std::vector<Index>{2, 3}));
    EXPECT_EQ(header.data_offset, (major == 1 ? 10u : 12u) + good_header.size() + 5);
    EXPECT_EQ(header.kind(), 'f');
    EXPECT_EQ(header.item_size(), 4u);
  }
}

TEST(NpyHeader, ReadsAnyWritingOfTheDictionary) {
  for (const std::string dictionary : {
           "{\"shape\":(2,3),\"fortran_order\":True,\"descr\":\">i8\"}",
           " { 'fortran_order' : True ,\n 'descr' :\t'>i8', 'shape' : ( 2 , 3 , ) , } \n",
           "{'descr': '>i8', 'fortran_order': True, 'shape': (2L, 3L)}\n",
       }) {
    const auto header = parsed_header(header_file(dictionary, 48));
    EXPECT_EQ(header.descr, ">i8");
    EXPECT_TRUE(header.fortran_order);
    EXPECT_EQ(header.extents, (std::vector<Index>{2, 3}));
  }
}

TEST(NpyHeader, ReadsShapesOfAnyRank) {
  const auto extents = [](const std::string& shape, std::size_t payload) {
    return parsed_header(header_file("{'descr': '|u1', 'fortran_order': False, 'shape': " + shape + "}", payload))
        .extents;
  };
  EXPECT_EQ(extents("()", 1), std::vector<Index>{});
  EXPECT_EQ(extents("(5,)", 5), std::vector<Index>{5});
  EXPECT_EQ(extents("(1, 2, 1, 2, 1)", 4), (std::vector<Index>{1, 2, 1, 2, 1}));
  EXPECT_EQ(extents("(0, 9223372036854775807, 9223372036854775807)", 0).size(), 3u);
}

TEST(NpyHeader, RejectsWhatIsNoNumPyFile) {
  const auto error = [](const std::string& file) { return error_of([&] { parsed_header(file); }); };
  EXPECT_EQ(error(""), "x.npy, byte 0: not a NumPy file (expected the magic \\x93NUMPY)");
  EXPECT_EQ(error("PK\x03\x04 a zip archive"), "x.npy, byte 0: not a NumPy file (expected the magic \\x93NUMPY)");
  EXPECT_EQ(error("\x93NUMPY"), "x.npy, byte 6: truncated version (expected at least 8 bytes, got 6)");
  EXPECT_EQ(error(header_file(good_header, 24, 4)),
            "x.npy, byte 6: unsupported version (expected 1.0, 2.0 or 3.0, got 4.0)");
  std::string minor = header_file(good_header, 24);
  minor[7] = 1;
  EXPECT_EQ(error(minor), "x.npy, byte 6: unsupported version (expected 1.0, 2.0 or 3.0, got 1.1)");
  EXPECT_EQ(error(header_file(good_header, 24).substr(0, 9)),
            "x.npy, byte 9: truncated header size (expected at least 10 bytes, got 9)");
  std::string promises = header_file(good_header, 24, 2);
  promises[11] = '\x7F';  // a header of 2 GB
  EXPECT_EQ(error(promises), "x.npy, byte 95: truncated header (expected at least 2130706503 bytes, got 95)");
}

TEST(NpyHeader, RejectsMalformedDictionariesNamingTheByte) {
  EXPECT_EQ(header_error(""), "x.npy, byte 10: malformed header (expected '{', got the end of the header)");
  EXPECT_EQ(header_error("[1]"), "x.npy, byte 10: malformed header (expected '{', got byte 91 there)");
  EXPECT_EQ(header_error("{1: 2}"), "x.npy, byte 11: malformed header (expected a string, got byte 49 there)");
  EXPECT_EQ(header_error("{'descr"),
            "x.npy, byte 11: malformed header (expected a closing quote, got the end of the header)");
  EXPECT_EQ(header_error("{'descr' '<f4'}"), "x.npy, byte 19: malformed header (expected ':', got byte 39 there)");
  EXPECT_EQ(header_error("{'descr': '<f4' 'shape': ()}"),
            "x.npy, byte 26: malformed header (expected '}', got byte 39 there)");
  EXPECT_EQ(header_error("{'order': 'C'}"),
            "x.npy, byte 11: unknown key in the header (expected descr, fortran_order or shape, got 'order')");
  EXPECT_EQ(header_error("{'descr': '<f4', 'descr': '<f4'}"),
            "x.npy, byte 27: key occurs twice in the header (got 'descr')");
  EXPECT_EQ(header_error("{'descr': '<f4', 'fortran_order': False}"),
            "x.npy, byte 50: key is missing in the header (expected shape)");
  EXPECT_EQ(header_error("{'fortran_order': false}"),
            "x.npy, byte 28: malformed header (expected True or False, got byte 102 there)");
  EXPECT_EQ(header_error(good_header + " x", 24),
            "x.npy, byte 70: text after the header's dictionary (expected blanks, got "
            "byte 120 there)");
}

TEST(NpyHeader, RejectsMalformedShapes) {
  const auto error = [](const std::string& shape) {
    return header_error("{'descr': '|u1', 'fortran_order': False, 'shape': " + shape + "}");
  };
  EXPECT_EQ(error("5"), "x.npy, byte 60: malformed header (expected '(', got byte 53 there)");
  EXPECT_EQ(error("(5)"), "x.npy, byte 62: malformed header (expected ',' after a single extent, got byte 41 there)");
  EXPECT_EQ(error("(,)"), "x.npy, byte 61: malformed header (expected an extent of at least 0, got byte 44 there)");
  EXPECT_EQ(error("(2, -3)"), "x.npy, byte 64: malformed header (expected an extent of at least 0, got byte 45 there)");
  EXPECT_EQ(error("(2 3)"), "x.npy, byte 63: malformed header (expected ',' after a single extent, got byte 51 there)");
  EXPECT_EQ(error("(2, 3 4)"), "x.npy, byte 66: malformed header (expected ')', got byte 52 there)");
  EXPECT_EQ(error("(9223372036854775808,)"), "x.npy, byte 61: extent out of range (expected an integer of 63 bits)");
  std::string ones = "(";
  for (int i = 0; i < 65; ++i) ones += "1,";
  EXPECT_EQ(error(ones + ")"), "x.npy, byte 189: too many axes (expected 64 at most, as in NumPy, got more)");
}

TEST(NpyHeader, RejectsDtypesThatAreNotNumbers) {
  const auto error = [](const std::string& descr) {
    return header_error("{'descr': " + descr + ", 'fortran_order': False, 'shape': (1,)}", 16);
  };
  const std::string types = "f2, f4, f8, i1, i2, i4, i8, u1, u2, u4, u8, b1, or words U and S";
  EXPECT_EQ(error("[('a', '<f4')]"), "x.npy, byte 20: structured dtype (expected " + types + ", got a list)");
  EXPECT_EQ(error("'|O'"),
            "x.npy, byte 20: object array; a.astype(float) makes numbers, a.astype(str) words; sequences of different "
            "lengths are for .ts files or tables with a row a step (expected " +
                types + ", got '|O')");
  for (const std::string descr : {"", "<", "f4", "=f4", "|f4", "|f2", "<f16", "<c8", "|U5", "<U0", "<S", "<U12345678",
                                  "<M8[ns]", "<b2", "<i3", "<, ", "<r ", "<or", "<4,"}) {
    EXPECT_EQ(error("'" + descr + "'"), "x.npy, byte 20: unsupported dtype (expected < or > (| for one byte) and " +
                                            types + ", got '" + descr + "')");
  }
}

TEST(NpyHeader, RejectsDataThatDoNotFitTheShape) {
  EXPECT_EQ(header_error(good_header, 23),
            "x.npy, byte 92: truncated data (expected (2, 3) elements of '<f4', got 23 bytes)");
  EXPECT_EQ(header_error(good_header, 25),
            "x.npy, byte 93: trailing bytes (expected 24 bytes for (2, 3) elements of '<f4', got 25)");
  EXPECT_EQ(header_error("{'descr': '<f8', 'fortran_order': False, 'shape': (4294967296, 4294967296)}", 8),
            "x.npy, byte 93: truncated data (expected (4294967296, 4294967296) elements of '<f8', got 8 bytes)");
  EXPECT_EQ(header_error("{'descr': '<f8', 'fortran_order': False, 'shape': (2305843009213693952,)}", 0),
            "x.npy, byte 83: truncated data (expected (2305843009213693952) elements of '<f8', got 0 bytes)");
  EXPECT_EQ(header_error("{'descr': '<f8', 'fortran_order': False, 'shape': ()}", 7),
            "x.npy, byte 70: truncated data (expected () elements of '<f8', got 7 bytes)");
  EXPECT_EQ(header_error("{'descr': '<f8', 'fortran_order': False, 'shape': (0, 3)}", 8),
            "x.npy, byte 67: trailing bytes (expected 0 bytes for (0, 3) elements of '<f8', got 8)");
}

}  // namespace npy_header_test
