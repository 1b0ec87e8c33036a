#include "heed/files/zip.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "../support/error_of.hpp"
#include "../support/zip_writer.hpp"

namespace zip_test {

using heed::ZipMember;
using test_support::error_of;
using test_support::ZipWriter;

std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

std::string text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

TEST(Zip, MembersAreFoundAndRead) {
  ZipWriter zip;
  zip.add("a/one", "first");
  zip.add("a/two", "");
  zip.add("b", "third");
  const std::vector<std::byte> bytes = zip.bytes();
  const std::vector<ZipMember> members = heed::zip_members(bytes, "f.zip");
  ASSERT_EQ(members.size(), 3U);
  EXPECT_EQ(members[1].name, "a/two");
  EXPECT_EQ(text_of(heed::stored_member(bytes, members[0], "f.zip")), "first");
  EXPECT_EQ(text_of(heed::stored_member(bytes, members[1], "f.zip")), "");
  EXPECT_EQ(text_of(heed::stored_member(bytes, members[2], "f.zip")), "third");
}

TEST(Zip, TheChecksumIsThatOfZlib) {
  EXPECT_EQ(heed::detail::crc32({}), 0U);
  EXPECT_EQ(heed::detail::crc32(bytes_of("123456789")), 0xCBF43926U);
  EXPECT_EQ(heed::detail::crc32(bytes_of("The quick brown fox jumps over the lazy dog")), 0x414FA339U);
}

TEST(Zip, DamageOfAMemberIsAnError) {
  ZipWriter zip;
  zip.add("one", "first");
  std::vector<std::byte> bytes = zip.bytes();
  bytes[30 + 3 + 2] ^= std::byte{1};
  const ZipMember member = heed::zip_members(bytes, "f.zip")[0];
  const std::string text = error_of([&] { heed::stored_member(bytes, member, "f.zip"); });
  EXPECT_NE(text.find("f.zip: malformed archive"), std::string::npos) << text;
  EXPECT_NE(text.find("checksum"), std::string::npos) << text;
}

TEST(Zip, TwoMembersOfOneNameAreRefused) {
  ZipWriter zip;
  zip.add("one", "a");
  zip.add("one", "b");
  const std::string text = error_of([&] { heed::zip_members(zip.bytes(), "f.zip"); });
  EXPECT_NE(text.find("two members are called one"), std::string::npos) << text;
}

TEST(Zip, MembersThatShareBytesAreRefused) {
  ZipWriter same, within;
  same.add("one", "abcdefgh");
  same.list("two", same.last().at, "abcdefgh");
  within.add("one", std::string(100, 'x'));
  within.list("two", within.last().at + 40, "xx");
  for (const ZipWriter* const zip : {&same, &within}) {
    const std::string text = error_of([&] { heed::zip_members(zip->bytes(), "f.zip"); });
    EXPECT_NE(text.find("share bytes"), std::string::npos) << text;
  }
}

TEST(Zip, MembersBeyondTheFileAreRefused) {
  ZipWriter zip;
  zip.add("one", "abc");
  zip.list("two", 0xFFFFFFF0, "abc");
  EXPECT_NE(error_of([&] { heed::zip_members(zip.bytes(), "f.zip"); }), "no error");
}

TEST(Zip, EveryPartOfAnArchiveIsAnError) {
  ZipWriter zip;
  zip.add("one", "first");
  zip.add("two", "second");
  const std::vector<std::byte> whole = zip.bytes();
  for (std::size_t n = 0; n < whole.size(); ++n) {
    EXPECT_NE(error_of([&] { heed::zip_members(std::span(whole).first(n), "f.zip"); }), "no error") << n;
  }
}

TEST(Zip, NumbersOf64BitsAreRead) {
  ZipWriter zip(ZipWriter::zip64);
  zip.add("one", "first");
  zip.add("two", "second");
  const std::vector<std::byte> bytes = zip.bytes();
  const std::vector<ZipMember> members = heed::zip_members(bytes, "f.zip");
  ASSERT_EQ(members.size(), 2U);
  EXPECT_EQ(text_of(heed::stored_member(bytes, members[1], "f.zip")), "second");
}

}  // namespace zip_test
