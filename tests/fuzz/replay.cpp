// In the place of libFuzzer: runs all files of folders, once each, and then damaged copies of them. The same copies each time.
//
//     NAME SECONDS FOLDER...
//
// What a finding was found with is written to the file finding, in the current folder.

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string_view>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
extern "C" void __sanitizer_set_death_callback(void (*callback)());  // NOLINT: the name is the sanitizers'

namespace {

using Bytes = std::vector<std::uint8_t>;

const Bytes* current = nullptr;

void write_finding() {
  if (!current) return;
  std::ofstream("finding", std::ios::binary)
      .write(reinterpret_cast<const char*>(current->data()), static_cast<std::streamsize>(current->size()));
  current = nullptr;
}

void run(const Bytes& bytes) {
  current = &bytes;
  LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
  current = nullptr;
}

class Damage {
 public:
  explicit Damage(const std::vector<Bytes>& files) : files_(files) {}

  /// A copy of any file, with one to four damages.
  Bytes next() {
    Bytes bytes = any_file();
    for (std::size_t left = below(4) + 1; left > 0; --left) change(bytes);
    return bytes;
  }

 private:
  std::size_t below(std::size_t end) { return end == 0 ? 0 : static_cast<std::size_t>(random_() % end); }
  const Bytes& any_file() { return files_[below(files_.size())]; }
  static auto at(const Bytes& bytes, std::size_t index) {
    return bytes.begin() + static_cast<std::ptrdiff_t>(std::min(index, bytes.size()));
  }
  static auto at(Bytes& bytes, std::size_t index) {
    return bytes.begin() + static_cast<std::ptrdiff_t>(std::min(index, bytes.size()));
  }

  void change(Bytes& bytes) {
    static constexpr std::string_view special("\0\xFF\x7F\x80 \n\r\t,;:\"'-+.0189eE[]{}()\xEF", 28);
    const std::size_t place = below(bytes.size()), length = below(below(2) == 0 ? 8 : bytes.size()) + 1;
    switch (below(7)) {
      case 0:
        if (!bytes.empty()) bytes[place] ^= static_cast<std::uint8_t>(1U << below(8));
        break;
      case 1:
        if (!bytes.empty()) bytes[place] = static_cast<std::uint8_t>(special[below(special.size())]);
        break;
      case 2:
        bytes.insert(at(bytes, place), static_cast<std::uint8_t>(special[below(special.size())]));
        break;
      case 3:
        bytes.erase(at(bytes, place), at(bytes, place + length));
        break;
      case 4: {  // once more what stands elsewhere, in this file or another
        const Bytes& other = below(2) == 0 ? bytes : any_file();
        const std::size_t from = below(other.size());
        const Bytes part(at(other, from), at(other, from + std::min<std::size_t>(length, 1024)));
        bytes.insert(at(bytes, place), part.begin(), part.end());
        break;
      }
      case 5: {  // a number near the end of its range, the lowest byte first
        constexpr std::array<std::uint64_t, 8> numbers{0, 1, 0x7F, 0x7FFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, ~0ULL};
        const std::uint64_t number = numbers[below(numbers.size())] - below(3) + 1;
        const std::size_t width = std::size_t(1) << below(4);
        for (std::size_t i = 0; i < width && place + i < bytes.size(); ++i)
          bytes[place + i] = static_cast<std::uint8_t>(number >> (8 * i));
        break;
      }
      default: {  // another digit
        const auto digit = std::find_if(at(bytes, place), bytes.end(), [](auto c) { return c >= '0' && c <= '9'; });
        if (digit != bytes.end()) *digit = static_cast<std::uint8_t>('0' + below(10));
      }
    }
  }

  const std::vector<Bytes>& files_;
  std::mt19937_64 random_;
};

}  // namespace

int main(int count, char** arguments) {
  std::vector<Bytes> files;
  for (int i = 2; i < count; ++i) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(arguments[i])) {
      if (!entry.is_regular_file()) continue;
      std::ifstream file(entry.path(), std::ios::binary);
      files.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
      std::fprintf(stderr, "%s\n", entry.path().string().c_str());  // the last one is that of a finding
      run(files.back());
    }
  }
  if (files.empty()) return 1;
  std::sort(files.begin(), files.end());  // folders have no order

  std::fprintf(stderr, "damaged copies\n");
  __sanitizer_set_death_callback(write_finding);
  std::signal(SIGABRT, [](int) { write_finding(); });
  Damage damage(files);
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(std::atoi(arguments[1]));
  long copies = 0;
  for (; std::chrono::steady_clock::now() < end; ++copies) run(damage.next());
  std::printf("%zu files, %ld damaged copies\n", files.size(), copies);
}
