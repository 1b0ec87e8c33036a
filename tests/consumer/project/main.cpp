#include <heed/heed.hpp>
#ifdef CONSUMER_HAS_JSON
#include <heed/io/safetensors.hpp>
#endif
#ifdef CONSUMER_HAS_MPI
#include <heed/distributed/mpi.hpp>
#endif

int main() {
  const heed::Tensor<float, 2> x({2, 3}, {1, 2, 3, 4, 5, 6});
  return x(1, 2) == 6 ? 0 : 1;
}
