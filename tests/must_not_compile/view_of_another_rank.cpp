// expected: conversion from .*Tensor<float, 2>.* to .*TensorView<float, 3>
#include "heed/core/tensor.hpp"

int main() {
  heed::Tensor<float, 2> t;
  heed::TensorView<float, 3> v = t;
  return static_cast<int>(v.size());
}
