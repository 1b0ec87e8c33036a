#pragma once

// A model of two parameters, and ten steps of an optimizer on it as a reference file has them.

#include "heed/core/parameter.hpp"
#include "reference.hpp"

namespace test_support {

template <class S = double>
struct TwoParameters {
  using Scalar = S;
  heed::Matrix<S> w1{4, 3};
  heed::Vector<S> w2{5};
  static void visit(auto&& f, auto&... models) {
    f("w1", models.w1...);
    f("w2", models.w2...);
  }
};

/// The arrays `prefix`w1 and `prefix`w2 of a file.
template <class S = double>
TwoParameters<S> two_parameters(const Reference& file, const std::string& prefix) {
  TwoParameters<S> model;
  set_weights(model, file.arrays(prefix));
  return model;
}

/// Ten steps of `make(model)`, each compared; in float to the last digits.
template <class S = double, class Make>
void expect_ten_steps(const Reference& file, Make&& make) {
  auto model = two_parameters<S>(file, "param.0.");
  auto optimizer = make(model);
  for (int k = 1; k <= 10; ++k) {
    SCOPED_TRACE("step " + std::to_string(k));
    optimizer.step(model, two_parameters<S>(file, "grad." + std::to_string(k) + "."));
    const double equal_in_float = 1e-6;
    expect_parameters(model, file.arrays("param." + std::to_string(k) + "."),
                      std::is_same_v<S, double> ? equal_in_double : equal_in_float);
  }
  EXPECT_EQ(optimizer.steps(), 10);

  optimizer.reset();  // as good as new
  EXPECT_EQ(optimizer.steps(), 0);
  model = two_parameters<S>(file, "param.0.");
  auto expected = model;
  auto fresh = make(model);
  optimizer.step(model, two_parameters<S>(file, "grad.2."));
  fresh.step(expected, two_parameters<S>(file, "grad.2."));
  EXPECT_EQ(numbers(model), numbers(expected));
}

}  // namespace test_support
