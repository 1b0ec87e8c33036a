// The code of the page "Files and formats": files of PyTorch.

#include <heed/convert/pytorch.hpp>
#include <heed/io/safetensors.hpp>
#include <heed/layers/lstm.hpp>
#include <heed/models/sequence_classifier.hpp>

#include <cstdio>
#include <filesystem>

int main() {
  // tests/reference/write_torch_files.py writes these files
  const auto files =
      std::filesystem::path(__FILE__).parent_path() / "../../tests/convert/data/torch2";
  for (const char* const name : {"attention.pt", "checkpoint.pt"}) {
    std::filesystem::copy_file(files / name, name,
                               std::filesystem::copy_options::overwrite_existing);
  }
  std::filesystem::rename("attention.pt", "model.pt");

  // [load]
  const auto model = heed::load<heed::SequenceClassifier<float>>("model.pt");

  // self.rnn = nn.LSTM(2, 3), in torch.save({"epoch": 3, "model_state_dict": model.state_dict(), ...}, path)
  heed::Lstm<float> lstm({.input_size = 2, .hidden_size = 3});
  heed::load_weights(lstm, "checkpoint.pt", {.prefix = "model_state_dict.rnn"});
  // [/load]
  std::printf("%jd features, %jd states, %jd classes\n", model.options.features,
              model.options.hidden, model.options.classes);
}
