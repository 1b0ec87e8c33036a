// Arrays in NumPy's archives, by name.

#include <string>

#include "../data/npz_bytes.hpp"
#include "program.hpp"

namespace npz_test {

using namespace classifier_test;

struct Archives : Classifier {
  Archives() {
    heed::write_file(folder / "d.npz", {data_test::bytes_of_digits(data_test::stored_npz)});
    heed::write_file(folder / "c.npz", {data_test::bytes_of_digits(data_test::deflated_npz)});
  }
  void fails(const std::string& arguments, const std::string& with) const {
    const Result result = run(arguments);
    EXPECT_EQ(result.code, 1) << arguments;
    EXPECT_NE(result.err.find(with), std::string::npos) << arguments << result.err;
  }
};

TEST_F(Archives, DataAndLabelsAreNamed) {
  output_of("train --quiet --data d.npz:x --labels d.npz:words --epochs 2 --model m.safetensors");
  const std::string labels = output_of("predict --data d.npz:x --model m.safetensors");
  EXPECT_TRUE(labels.starts_with("up\n") || labels.starts_with("no\n")) << labels;
  output_of("evaluate --data d.npz:x --labels d.npz:words --model m.safetensors");
  fails("train --data d.npz --labels d.npz:y", "d.npz: several arrays in an archive (expected the name of one");
  fails("train --data d.npz:z --labels d.npz:y", "expected one of x, y, words");
  EXPECT_NE(run("train --data d.npz:x --labels d.npz:y --model d.npz").err.find("got d.npz"), std::string::npos);
}

TEST_F(Archives, CompressedOnesWhereThereIsLibzip) {
#ifdef HEED_CLASSIFIER_ZIP
  output_of("train --quiet --data c.npz:x --labels c.npz:y --epochs 1 --model m.safetensors");
#else
  fails("train --quiet --data c.npz:x --labels c.npz:y", "component zip");
#endif
}

}  // namespace npz_test
