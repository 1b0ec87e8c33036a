// expected: conversion from .*TensorView<const float,.* to .*TensorView<float,
#include "heed/core/tensor.hpp"

int main() {
  const heed::Tensor<float, 1> t;
  heed::TensorView<float, 1> v = t.view();
  return static_cast<int>(v.size());
}
