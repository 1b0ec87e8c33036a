// expected: heed::load<M>\(file\) makes a model of the options that its file says
#include "heed/compose/sequential.hpp"
#include "heed/io/safetensors.hpp"
#include "heed/layers/activations.hpp"
#include "heed/layers/dense.hpp"

int main() { heed::load<heed::Sequential<heed::Dense<float>, heed::Relu<float>>>("model.safetensors"); }
