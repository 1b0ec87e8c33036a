// expected: heed: a layer needs `void backward
#include "heed/testing/check_layer.hpp"

template <class S>
struct Half {
  using Scalar = S;
  using Input = S;
  struct Cache {};
  heed::Shape output_shape(heed::Shape x) const { return x; }
  void forward(heed::Tile<const S> x, heed::Tile<S> y, Cache&, const heed::Pass&) const { copy(x, y); }
  static void visit(auto&&, auto&...) {}
};

int main() {
  return heed::testing::check_layer([]<class S>() { return Half<S>(); }, {4, 3}).checks();
}
