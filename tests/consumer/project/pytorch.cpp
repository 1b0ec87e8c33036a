#include <heed/convert/pytorch.hpp>

#include <cstddef>
#include <cstdio>
#include <span>
#include <string_view>

int main() {
  const std::string_view pickle("\x80\x02}.", 4);  // an empty dict, but none of torch.save
  try {
    const heed::PyTorchFile file(std::as_bytes(std::span(pickle.data(), pickle.size())));
  } catch (const heed::Error& error) {
    std::puts(error.what());
    return 0;
  }
  return 1;
}
