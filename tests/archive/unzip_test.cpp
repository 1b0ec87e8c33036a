#include "heed/archive/unzip.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

#include "../data/npz_bytes.hpp"
#include "../data/support.hpp"
#include "heed/data/load.hpp"
#include "heed/files/file.hpp"

namespace unzip_test {

using data_test::bytes_of_digits;
using data_test::Folder;

TEST(Unzip, CompressedArraysAreThoseThatAreNot) {
  const Folder folder;
  heed::write_file(folder / "d.npz", {bytes_of_digits(data_test::stored_npz)});
  heed::write_file(folder / "c.npz", {bytes_of_digits(data_test::deflated_npz)});
  const std::string d = (folder / "d.npz").string(), c = (folder / "c.npz").string();
  const auto plain = heed::load_sequences<float>(d + ":x", d + ":words");
  const auto packed = heed::load_sequences<float>(c + ":x", c + ":words", {.unpack = heed::unzip});
  EXPECT_EQ(packed.labels, plain.labels);
  ASSERT_EQ(packed.count(), 4);
  for (heed::Index i = 0; i < 4; ++i) EXPECT_EQ(packed.x(i, 1, 0), plain.x(i, 1, 0));
}

// The sizes of the central directory are what an archive claims, of what is compressed, too.
TEST(Unzip, ClaimsAreNotBelieved) {
  const Folder folder;
  auto bytes = bytes_of_digits(data_test::deflated_npz);
  const std::byte head[] = {std::byte{'P'}, std::byte{'K'}, std::byte{1}, std::byte{2}};
  for (auto at = bytes.begin(); (at = std::search(at, bytes.end(), head, head + 4)) != bytes.end(); at += 4) {
    std::fill(at + 20, at + 28, std::byte{0xF0});  // both sizes: 4 GB
  }
  heed::write_file(folder / "c.npz", {bytes});
  EXPECT_NE(data_test::error_of([&] { heed::unzip(folder / "c.npz", "x.npy"); }).find("claims more than it can hold"),
            std::string::npos);
}

TEST(Unzip, DamageIsAnError) {
  const Folder folder;
  const auto whole = bytes_of_digits(data_test::deflated_npz);
  for (std::size_t i = 0; i < whole.size(); i += 3) {
    auto bytes = whole;
    bytes[i] ^= std::byte{0x55};
    heed::write_file(folder / "c.npz", {bytes});
    try {
      EXPECT_EQ(heed::unzip(folder / "c.npz", "x.npy").size(), 160U) << i;  // of what does not matter to x
    } catch (const heed::Error& e) {
      EXPECT_NE(std::string(e.what()).find("c.npz"), std::string::npos);
    }
  }
  heed::write_file(folder / "c.npz", {whole});
  EXPECT_THROW(heed::unzip(folder / "c.npz", "z.npy"), heed::Error);
  EXPECT_THROW(heed::unzip(folder / "absent.npz", "x.npy"), heed::Error);
}

}  // namespace unzip_test
