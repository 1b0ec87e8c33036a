// The code of the pages "Graphs" and "Control".

#include <heed/heed.hpp>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <span>
#include <string>
#include <vector>

namespace {

void graph() {
  std::string nodes, edges;
  for (int i = 0; i < 60;
       ++i) {  // two circles of thirty; a node's word tells its circle, mostly
    const int circle = i / 30, word = i % 5 == 0 ? 1 - circle : circle;
    nodes += std::to_string(i) + ' ' + std::to_string(circle) +
             (i % 2 == 0 ? " train " : " test ") + std::to_string(word) + '\n';
    for (int step = 1; step <= 3; ++step) {
      edges +=
          std::to_string(i) + ' ' + std::to_string(circle * 30 + (i + step) % 30) + '\n';
    }
  }

  // [graph]
  // a line a node: number, class, part, features; a line an edge: two nodes
  heed::GraphText<float> text = heed::parse_graph<float>(nodes, "nodes", edges, "edges");
  text.features.normalize_rows();
  const heed::LabelledNodes<float> data{text.graph, text.features, text.labels};

  heed::GraphAttentionNetwork<float> model(
      {.features = text.features.columns(), .classes = text.classes});
  heed::fit_nodes(model, data, text.parts["train"], text.parts["train"], {.epochs = 200});
  const auto test = data.labels_of(text.parts["test"]);
  const double accuracy = heed::evaluate_nodes(model, data, test).accuracy;
  // [/graph]
  std::printf("test accuracy above 0.9: %s\n", accuracy > 0.9 ? "yes" : "no");
}

// [environment]
struct Corridor {  // five cells; the last one is the goal
  heed::Index cell = 0, steps = 0;
  heed::Index observation_size() const { return 1; }
  heed::Index actions() const { return 2; }  // left, right
  void reset(heed::Key key) { cell = static_cast<heed::Index>(key.below(0, 4)), steps = 0; }
  heed::ActionResult step(std::int32_t action) {
    cell = std::max<heed::Index>(cell + (action ? 1 : -1), 0);
    return {
        .reward = cell == 4 ? 1.0 : 0.0, .terminal = cell == 4, .timed_out = ++steps == 50};
  }
  void observe(std::span<float> to) const { to[0] = static_cast<float>(cell); }
};
// [/environment]

void control() {
  // [control]
  heed::AttentionQNetwork<float> model({.features = 1, .actions = 2, .steps = 8});
  heed::learn_q(model, Corridor(), {.steps = 5'000, .window = 8});
  const auto returns = heed::play_episodes(model, Corridor(), 8, heed::Key{1}, 100);
  // [/control]
  const bool all =
      std::all_of(returns.begin(), returns.end(), [](double r) { return r > 0.5; });
  std::printf("%zu episodes, every one at the goal: %s\n", returns.size(),
              all ? "yes" : "no");
}

}  // namespace

int main() {
  graph();
  control();
}
