#pragma once

// ZIP archives byte by byte, those too that nobody writes.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "heed/files/zip.hpp"

namespace test_support {

/// A number in `size` bytes, the lowest first.
inline std::string little_endian(std::uint64_t value, int size) {
  std::string text;
  for (int i = 0; i < size; ++i) text += static_cast<char>(value >> (8 * i) & 0xFF);
  return text;
}

/// Stores members as they are.
class ZipWriter {
 public:
  enum Size { zip32, zip64 };
  struct Member {
    std::uint64_t at = 0;
    std::uint64_t size = 0;
  };

  explicit ZipWriter(Size size = zip32) : size_(size) {}

  void add(std::string_view name, std::string_view content) {
    last_ = {bytes_.size(), content.size()};
    bytes_ += "PK\x03\x04" + fields(content, content.size()) + little_endian(name.size(), 2) + little_endian(0, 2);
    bytes_ += std::string(name) + std::string(content);
    list(name, last_.at, content);
  }

  /// An entry of the directory alone: of a member that stands there, or would.
  void list(std::string_view name, std::uint64_t at, std::string_view content) {
    list(name, at, content, content.size());
  }
  /// One that claims so many bytes. `method`: 0 stored, 8 deflated.
  void list(std::string_view name, std::uint64_t at, std::string_view content, std::uint64_t size, int method = 0) {
    const bool big = size_ == zip64;
    const std::string extra = big ? little_endian(1, 2) + little_endian(24, 2) + little_endian(size, 8) +
                                        little_endian(content.size(), 8) + little_endian(at, 8)
                                  : "";
    directory_ += "PK\x01\x02" + little_endian(20, 2) + fields(content, size, method) + little_endian(name.size(), 2) +
                  little_endian(extra.size(), 2) + std::string(10, '\0') + little_endian(big ? 0xFFFFFFFF : at, 4) +
                  std::string(name) + extra;
    ++count_;
  }

  /// Where the last member begins.
  const Member& last() const { return last_; }

  std::vector<std::byte> bytes() const {
    const std::uint64_t at = bytes_.size(), size = directory_.size();
    std::string all = bytes_ + directory_;
    const bool big = size_ == zip64;
    if (big) {
      const std::uint64_t end = all.size();
      all += "PK\x06\x06" + little_endian(44, 8) + little_endian(45, 2) + little_endian(45, 2) + std::string(8, '\0') +
             little_endian(count_, 8) + little_endian(count_, 8) + little_endian(size, 8) + little_endian(at, 8);
      all += "PK\x06\x07" + little_endian(0, 4) + little_endian(end, 8) + little_endian(1, 4);
    }
    const std::string count = little_endian(big ? 0xFFFF : count_, 2);
    all += "PK\x05\x06" + std::string(4, '\0') + count + count + little_endian(size, 4) +
           little_endian(big ? 0xFFFFFFFF : at, 4) + little_endian(0, 2);
    const auto* const data = reinterpret_cast<const std::byte*>(all.data());
    return {data, data + all.size()};
  }

 private:
  /// From the version on, to the unpacked size.
  std::string fields(std::string_view content, std::uint64_t size, int method = 0) const {
    const auto* const data = reinterpret_cast<const std::byte*>(content.data());
    const bool big = size_ == zip64;
    return little_endian(20, 2) + little_endian(0, 2) + little_endian(static_cast<std::uint64_t>(method), 2) +
           little_endian(0, 4) + little_endian(heed::detail::crc32({data, content.size()}), 4) +
           little_endian(big ? 0xFFFFFFFF : content.size(), 4) + little_endian(big ? 0xFFFFFFFF : size, 4);
  }

  Size size_;
  std::string bytes_, directory_;
  std::uint64_t count_ = 0;
  Member last_;
};

}  // namespace test_support
