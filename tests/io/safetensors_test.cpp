#include "heed/io/safetensors.hpp"

#include <gtest/gtest.h>

#include "safetensors_bytes.hpp"
#include "toy_model.hpp"

namespace safetensors_test {

using Safetensors = heed_test::InAFolder;

TEST_F(Safetensors, OneHeaderSavesAndLoads) {
  const auto model = heed_test::toy<float>();
  heed::save(model, folder / "m.safetensors");
  const heed::SafetensorsFile file(folder / "m.safetensors");
  EXPECT_EQ(heed_test::numbers(heed::load<heed_test::Toy<float>>(file)), heed_test::numbers(model));
}

}  // namespace safetensors_test
