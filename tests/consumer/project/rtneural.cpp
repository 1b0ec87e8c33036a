#include <heed/convert/rtneural.hpp>

#include <span>
#include <string_view>

int main() {
  constexpr std::string_view text =
      R"({"in_shape": [1], "layers": [{"type": "dense", "shape": [1], "weights": [[[2]], [1]]}]})";
  const auto model = heed::load_rtneural(std::as_bytes(std::span(text)));
  return model.input_size() == 1 ? 0 : 1;
}
