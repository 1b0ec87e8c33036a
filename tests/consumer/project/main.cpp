#include <heed/heed.hpp>
#include <heed/io/safetensors.hpp>

#include <cmath>

#ifdef CONSUMER_HAS_MPI
#include <heed/distributed/mpi.hpp>
#endif

int main() {
  const heed::Tensor<float, 2> x({2, 3}, {1, 2, 3, 4, 5, 6});
  heed::Dense<float> saved({.in_features = 3, .out_features = 2});
  saved.weight(1, 2) = x(1, 2);
  heed::save(saved, "consumer.safetensors");
  heed::Dense<float> loaded({.in_features = 3, .out_features = 2});
  heed::load_weights(loaded, heed::SafetensorsFile("consumer.safetensors"));
  return std::abs(loaded.weight(1, 2) - 6) < 1e-6F ? 0 : 1;
}
