#include <heed/convert/keras.hpp>

#include <cstddef>
#include <cstdio>
#include <span>
#include <string_view>
#include <vector>

int main() {
  const std::string_view text("{\"class_name\": \"Sequential\"}");  // a description without weights
  const auto bytes = std::as_bytes(std::span(text.data(), text.size()));
  try {
    heed::load_keras<heed::Chain<float>>(heed::KerasFile(std::vector<std::byte>(bytes.begin(), bytes.end())));
  } catch (const heed::Error& error) {
    std::puts(error.what());
    return 0;
  }
  return 1;
}
