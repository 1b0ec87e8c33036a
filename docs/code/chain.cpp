// The code of the page "Models of layers chosen at run time".

#include <heed/compose/chain.hpp>
#include <heed/convert/rtneural.hpp>
#include <heed/infer/predictor.hpp>
#include <heed/infer/stream.hpp>
#include <heed/io/safetensors.hpp>

#include <cstdio>
#include <filesystem>
#include <variant>
#include <vector>

int main() {
  // tests/reference/write_rtneural_files.py writes this file
  std::filesystem::copy_file(std::filesystem::path(__FILE__).parent_path() /
                                 "../../tests/convert/data/rtneural/lstm.json",
                             "amplifier.json",
                             std::filesystem::copy_options::overwrite_existing);

  // [chain]
  heed::Chain<float> model({heed::Lstm<float>({.input_size = 2, .hidden_size = 16}),
                            heed::Dense<float>({.in_features = 16, .out_features = 1}),
                            heed::Tanh<float>()});
  heed::save(model, "chain.safetensors");
  model = heed::load<heed::Chain<float>>("chain.safetensors");
  for (const heed::AnyLayer<float>& layer : model.layers) {
    std::printf("%s\n", layer.text().c_str());
  }
  // [/chain]

  // [look]
  for (const heed::AnyLayer<float>& layer : model.layers) {
    if (const auto* dense = layer.as<heed::Dense<float>>()) {
      std::printf("%jd features become %jd\n", dense->in_features(), dense->out_features());
    }
  }
  // [/look]

  // [rtneural]
  const heed::Chain<float> amplifier = heed::load_rtneural("amplifier.json");
  heed::Stream stream(amplifier);
  std::vector<float> block = {0.1f, 0.2f, 0.3f, 0.4f};  // two features a step
  for (std::size_t t = 0; t < block.size(); t += 2) {
    std::printf("%.4f\n", stream.step(&block[t], 2)[0]);
  }
  heed::save_rtneural(amplifier, "copy.json");
  // [/rtneural]
  std::printf("%s\n", std::filesystem::file_size("copy.json") ==
                              std::filesystem::file_size("amplifier.json")
                          ? "the same file"
                          : "another file");
}
