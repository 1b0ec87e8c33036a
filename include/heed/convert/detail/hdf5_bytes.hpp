#pragma once

// The bytes of an HDF5 file, read strictly: an inner part of hdf5.hpp.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "heed/core/compiled.hpp"
#include "heed/core/error.hpp"
#include "heed/core/types.hpp"

namespace heed::inline HEED_ISA::detail {

inline constexpr std::uint64_t hdf5_nowhere = ~std::uint64_t{0};  // the address of what is not there

/// Little-endian numbers from a part of a file. Throws if the part ends too early.
class Hdf5Bytes {
 public:
  Hdf5Bytes(std::span<const std::byte> bytes, const std::string& file) : bytes_(bytes), file_(&file) {}

  std::size_t size() const { return bytes_.size(); }
  std::size_t at() const { return at_; }
  std::size_t left() const { return bytes_.size() - at_; }

  /// The next number, of `size` bytes.
  std::uint64_t number(std::size_t size) {
    const std::span<const std::byte> part = take(size);
    std::uint64_t value = 0;
    for (std::size_t i = part.size(); i-- > 0;) value = value << 8 | std::to_integer<std::uint64_t>(part[i]);
    return value;
  }
  std::uint64_t address() { return number(8); }
  std::span<const std::byte> take(std::uint64_t size) {
    if (size > left()) malformed("it ends within its parts");
    const std::span<const std::byte> part = bytes_.subspan(at_, static_cast<std::size_t>(size));
    at_ += part.size();
    return part;
  }
  void skip(std::uint64_t size) { take(size); }
  /// To the next multiple of eight from the beginning of the part.
  void align() { skip((8 - at_ % 8) % 8); }
  void expect(std::string_view signature) {
    const std::span<const std::byte> part = take(signature.size());
    if (std::string_view(reinterpret_cast<const char*>(part.data()), part.size()) != signature) {
      malformed("no " + std::string(signature) + " where one should be");
    }
  }

  /// The part of the file from `address` on.
  Hdf5Bytes from(std::uint64_t address) const {
    if (address > bytes_.size()) malformed("an address past its end");
    return {bytes_.subspan(static_cast<std::size_t>(address)), *file_};
  }
  Hdf5Bytes from(std::uint64_t address, std::uint64_t size) const {
    Hdf5Bytes rest = from(address);
    return {rest.take(size), *file_};
  }

  const std::string& file() const { return *file_; }
  [[noreturn]] HEED_COLD void malformed(std::string_view what) const {
    throw Error(Fault{"malformed HDF5: " + std::string(what), *file_});
  }

 private:
  std::span<const std::byte> bytes_;
  const std::string* file_;
  std::size_t at_ = 0;
};

/// The text up to the first zero byte.
inline std::string_view hdf5_text(std::span<const std::byte> bytes) {
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  return text.substr(0, text.find('\0'));
}

}  // namespace heed::inline HEED_ISA::detail
