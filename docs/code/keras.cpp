// The code of the page "Files and formats": files of Keras.

#include <heed/convert/keras.hpp>

#include <cstdio>
#include <filesystem>

int main() {
  // tests/reference/write_keras_files.py writes these files
  const auto files =
      std::filesystem::path(__FILE__).parent_path() / "../../tests/convert/data/keras";
  const auto copy = [&](const char* from, const char* to) {
    std::filesystem::copy_file(files / from, to,
                               std::filesystem::copy_options::overwrite_existing);
  };
  copy("seed_attention.keras", "model.keras");
  copy("seed_attention.weights.h5", "model.weights.h5");
  copy("convolutions.keras", "other.keras");

  // [load]
  const auto model = heed::load_keras<heed::SequenceClassifier<float>>("model.keras");
  const auto chain = heed::load_keras<heed::Chain<float>>("other.keras");
  const auto same = heed::load_keras(model, "model.weights.h5");  // weights alone
  // [/load]
  std::printf("%jd features, %jd states, %jd classes; %jd layers\n", same.options.features,
              same.options.hidden, same.options.classes, chain.size());
}
