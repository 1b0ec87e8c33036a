#include "heed/data/npz.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "heed/data/load.hpp"
#include "heed/files/file.hpp"
#include "npz_bytes.hpp"
#include "support.hpp"

namespace npz_test {

using data_test::bytes_of_digits;
using data_test::error_of;
using data_test::Folder;

class Npz : public testing::Test {
 protected:
  Npz() {
    heed::write_file(folder / "d.npz", {bytes_of_digits(data_test::stored_npz)});
    heed::write_file(folder / "c.npz", {bytes_of_digits(data_test::deflated_npz)});
  }
  std::filesystem::path at(const std::string& name) const { return (folder / ".").string() + "/" + name; }
  Folder folder;
};

TEST_F(Npz, PlacesNameAnArchiveAndAnArray) {
  EXPECT_EQ(heed::npz_place("a/d.npz:x")->archive, "a/d.npz");
  EXPECT_EQ(heed::npz_place("a/d.npz:x")->member, "x");
  EXPECT_EQ(heed::npz_place("D.NPZ:x.npy")->member, "x");
  EXPECT_EQ(heed::npz_place("d.npz")->member, "");
  EXPECT_FALSE(heed::npz_place("d.npy").has_value());
  EXPECT_FALSE(heed::npz_place("a:b.csv").has_value());
}

TEST_F(Npz, ArraysAreReadByName) {
  const auto data = heed::load_sequences<float>(at("d.npz:x"), at("d.npz:y"));
  EXPECT_EQ(data.count(), 4);
  EXPECT_EQ(data.x(3, 1, 0), 3.5F);
  EXPECT_EQ(data.labels, (std::vector<std::string>{"0", "1", "0", "1"}));
  EXPECT_EQ(heed::load_labels(at("d.npz:words")), (std::vector<std::string>{"up", "no", "up", "no"}));
}

TEST_F(Npz, PartsOfTheRowsAreRead) {
  const auto data = heed::load_sequences<float>(at("d.npz:x"), at("d.npz:y"),
                                                {.part = [](heed::Index n) { return heed::IndexRange{n - 1, n}; }});
  EXPECT_EQ(data.x.extent(0), 1);
  EXPECT_EQ(data.x(0, 0, 0), 3);
  EXPECT_EQ(data.labels.size(), 4U);
}

TEST_F(Npz, CompressedArraysNeedAComponent) {
  const std::string text = error_of([&] { heed::load_sequences<float>(at("c.npz:x"), at("c.npz:y")); });
  EXPECT_NE(text.find("component zip"), std::string::npos) << text;
  EXPECT_NE(text.find("libzip"), std::string::npos) << text;
  std::string asked;
  heed::read_npz({at("c.npz"), "y"}, [&](const std::filesystem::path&, const std::string& member) {
    asked = member;
    return std::vector<std::byte>();
  });
  EXPECT_EQ(asked, "y.npy");
}

TEST_F(Npz, ErrorsListTheArrays) {
  EXPECT_NE(error_of([&] {
              heed::load_labels(at("d.npz:z"));
            }).find("d.npz:z: no array of this name in the archive (expected one of x, y, words)"),
            std::string::npos);
  EXPECT_NE(error_of([&] { heed::load_labels(at("d.npz")); }).find("got x, y, words"), std::string::npos);
  heed::write_file(folder / "no.npz", "this is no archive at all");
  EXPECT_NE(error_of([&] { heed::load_labels(at("no.npz:x")); }).find("malformed archive: no ZIP"), std::string::npos);
  EXPECT_NE(error_of([&] { heed::load_labels(at("absent.npz:x")); }).find("absent.npz"), std::string::npos);
}

TEST_F(Npz, AnyDamageIsAnErrorAndNoCrash) {
  const std::vector<std::byte> whole = bytes_of_digits(data_test::stored_npz);
  const auto read = [&](std::vector<std::byte> bytes) {
    return error_of([&] {
      for (const heed::ZipMember& m : heed::zip_members(bytes, "f")) {
        if (m.method == 0) (void)heed::stored_member(bytes, m, "f");
      }
    });
  };
  ASSERT_EQ(read(whole), "no error");
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_NE(read({whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)}), "no error") << size;
  }
  for (std::size_t i = 0; i < whole.size(); ++i) {
    for (const int bits : {0xFF, 1, 0x80}) {
      std::vector<std::byte> bytes = whole;
      bytes[i] ^= static_cast<std::byte>(bits);
      read(bytes);  // an error or none
    }
  }
  std::vector<std::byte> bytes = whole;
  bytes[200] ^= std::byte{1};  // in the data of x
  EXPECT_NE(read(bytes).find("damaged data"), std::string::npos) << read(bytes);
}

}  // namespace npz_test
