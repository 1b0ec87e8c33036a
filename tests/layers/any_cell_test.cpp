#include "heed/layers/any_cell.hpp"

#include <gtest/gtest.h>

#include "../support/error_of.hpp"
#include "../support/reference.hpp"
#include "heed/testing/check_layer.hpp"
#include "heed/testing/layer_run.hpp"

namespace any_cell_test {

using heed::AnyCell;
using heed::CellKind;
using heed::Recurrent;

TEST(AnyCell, FulfilsTheLayerContract) {
  for (const CellKind kind : {CellKind::lstm, CellKind::gru, CellKind::rnn}) {
    const auto report = heed::testing::check_layer(
        [&]<class S>() {
          return Recurrent<AnyCell<S>>(
              {.input_size = 3, .hidden_size = 4, .num_layers = 2, .bidirectional = true, .kind = kind});
        },
        {4, 3});
    EXPECT_TRUE(report.ok()) << report.text();
  }
}

template <class Named>
void expect_same(CellKind kind, const char* name) {
  const Named named({.input_size = 3, .hidden_size = 4, .num_layers = 2, .bidirectional = true});
  using Any = Recurrent<AnyCell<double>>;
  const Any any({.input_size = 3, .hidden_size = 4, .num_layers = 2, .bidirectional = true, .kind = kind});
  EXPECT_EQ(test_support::numbers(any), test_support::numbers(named));
  heed::testing::LayerRun<Named> a(named, {5, 3}, 7);
  heed::testing::LayerRun<Any> b(any, {5, 3}, 7);
  a.randomize(heed::Key{5});
  b.randomize(heed::Key{5});
  a.forward();
  b.forward();
  EXPECT_EQ(a.y, b.y);
  a.backward();
  b.backward();
  EXPECT_EQ(a.dx, b.dx);
  EXPECT_EQ(test_support::numbers(a.gradient), test_support::numbers(b.gradient));
  EXPECT_STREQ(any.name(), name);
}

TEST(AnyCell, IsTheCellThatItsOptionNames) {
  expect_same<heed::Lstm<double>>(CellKind::lstm, "Lstm");
  expect_same<heed::Gru<double>>(CellKind::gru, "Gru");
  expect_same<heed::Rnn<double>>(CellKind::rnn, "Rnn");
}

}  // namespace any_cell_test
