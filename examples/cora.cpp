/// Trains a graph attention network that classifies papers by subject, from their words and citations. Measures it,
/// saves it, and shows which papers a paper attends to. Without data it learns a small task of its own.

#include <CLI/CLI.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

#include "heed/heed.hpp"
#include "heed/io/safetensors.hpp"
#include "support/citation_task.hpp"
#include "support/command.hpp"
#include "support/options.hpp"
#include "support/shades.hpp"

namespace {

using heed::Index;
using Model = heed::GraphAttentionNetwork<float>;
using Text = heed::GraphText<float>;
using Nodes = heed::LabelledNodes<float>;

struct Arguments {
  std::string nodes, edges, model;
  heed::GraphAttentionNetworkOptions options;
  heed::FitNodesOptions fit{.epochs = 2000};
  int seeds = 1;
};

/// The attention weights of a paper to others, the mean over the heads of the first layer.
void show_attention(const Model& model, const Nodes& nodes, Index paper) {
  heed::Scratch scratch;
  Model::Cache cache;
  heed::TileBuffer<float> logits;
  model.forward(nodes.graph, nodes.features, logits.take({nodes.graph.nodes(), model.options.classes}, 1), cache,
                heed::Pass{scratch});
  const auto weights = model.hidden.weights(cache.hidden);
  std::vector<std::pair<float, Index>> seen;
  Index edge = nodes.graph.first(paper);
  for (const std::int32_t other : nodes.graph.neighbours(paper)) {
    float sum = 0;
    for (Index h = 0; h < weights.features; ++h) sum += *weights.at(edge, h);
    seen.emplace_back(sum / static_cast<float>(weights.features), other);
    ++edge;
  }
  std::sort(seen.rbegin(), seen.rend());
  std::printf("\npaper %jd, of subject %d, listens to\n", paper, nodes.labels[static_cast<std::size_t>(paper)]);
  for (const auto& [weight, other] : seen) {
    std::printf("  %-8s %5td  subject %d  %.3f  %s\n", other == paper ? "itself" : "paper", other,
                nodes.labels[static_cast<std::size_t>(other)], static_cast<double>(weight),
                support::bar(static_cast<double>(weight), 40).c_str());
  }
}

Index most_cited(const heed::Graph& graph, const std::vector<Index>& papers) {
  Index best = papers.front();
  for (const Index i : papers) {
    const auto count = [&](Index node) { return graph.neighbours(node).size(); };
    if (count(i) > count(best) && count(i) <= 12) best = i;
  }
  return best;
}

/// Loads a trained model, which must be for such papers.
void measure(const Model& model, const Arguments& a, const Nodes& nodes, const std::vector<std::int32_t>& test,
             Text& text) {
  heed::require(model.options.features == a.options.features && model.options.classes == a.options.classes, [&] {
    const auto sizes = [](const auto& o) {
      return std::to_string(o.features) + " words, " + std::to_string(o.classes) + " subjects";
    };
    return heed::Fault{"a model of other papers", a.model, sizes(a.options), sizes(model.options)};
  });
  std::printf("test accuracy %.4f\n", heed::evaluate_nodes(model, nodes, test).accuracy);
  show_attention(model, nodes, most_cited(text.graph, text.parts["test"]));
}

void run(Arguments a) {
  Text text = a.nodes.empty() ? support::made_up_papers() : heed::read_graph<float>(a.nodes, a.edges);
  for (const char* part : {"train", "val", "test"}) {
    heed::require(!text.parts[part].empty(), [&] { return heed::Fault{"no nodes of a part", a.nodes, part, {}}; });
  }
  text.features.normalize_rows();
  const Nodes nodes{text.graph, text.features, text.labels};
  a.options.features = text.features.columns();
  a.options.classes = text.classes;
  const auto test = nodes.labels_of(text.parts["test"]);
  std::printf("%jd papers, %jd citations both ways and loops, %jd words, %jd subjects\n%zu papers to train on\n",
              text.graph.nodes(), text.graph.edges(), a.options.features, a.options.classes,
              text.parts["train"].size());
  if (a.seeds == 0) return measure(heed::load<Model>(a.model), a, nodes, test, text);
  if (!a.model.empty()) heed::check_writable(a.model);
  std::vector<double> accuracies;
  Model first;
  const heed::InterruptGuard guard;
  a.fit.stop = guard.signal();
  const std::uint64_t seed = a.fit.seed;
  for (int i = 0; i < a.seeds; ++i) {
    a.fit.seed = seed + static_cast<std::uint64_t>(i);
    Model model(a.options);
    model.initialize(heed::Key{a.fit.seed});
    const auto history = heed::fit_nodes(model, nodes, text.parts["train"], text.parts["val"], a.fit);
    heed::require(history.outcome != heed::Outcome::diverged, [] { return heed::Fault{"training diverged", ""}; });
    accuracies.push_back(heed::evaluate_nodes(model, nodes, test).accuracy);
    std::printf("seed %llu: %zu epochs, the best %d; %.1f s; test accuracy %.4f\n",
                static_cast<unsigned long long>(a.fit.seed), history.epochs.size(), history.best_epoch,
                history.epochs.empty() ? 0 : history.epochs.back().seconds, accuracies.back());
    std::fflush(stdout);
    if (i == 0) first = std::move(model);
    if (history.outcome == heed::Outcome::cancelled) break;
  }
  double sum = 0, squares = 0;
  for (const double v : accuracies) sum += v;
  const auto count = static_cast<double>(accuracies.size());
  for (const double v : accuracies) squares += (v - sum / count) * (v - sum / count);
  if (count > 1) std::printf("mean %.4f, deviation %.4f\n", sum / count, std::sqrt(squares / (count - 1)));
  if (!a.model.empty()) {
    heed::save(first, a.model);
    const auto loaded = heed::load<Model>(a.model);
    std::printf("%s holds the model of the first seed: %.4f again\n", a.model.c_str(),
                heed::evaluate_nodes(loaded, nodes, test).accuracy);
  }
  show_attention(first, nodes, most_cited(text.graph, text.parts["test"]));
}

}  // namespace

int main(int argc, char** argv) {
  Arguments a;
  CLI::App program("Names the subjects of papers by attention over who cites whom", "cora");
  auto* nodes = program.add_option("--nodes", a.nodes, "A line a paper: number, subject, train|val|test, words");
  auto* edges = program.add_option("--edges", a.edges, "A line a citation: two papers");
  nodes->needs(edges);
  edges->needs(nodes);
  program.add_option("--model", a.model, "Where the model of the first seed is saved; with --seeds 0, where it is");
  support::add_options(program, a.options, support::only({"hidden", "heads", "dropout"}));
  support::add_options(program, a.fit);
  program.add_option("--seeds", a.seeds, "How many runs; 0: the --model is measured")->check(support::whole(0, 1000));
  program.callback([&] {
    if (a.seeds == 0 && a.model.empty()) throw CLI::RequiresError("--seeds 0", "--model");
  });
  return support::run_command(program, argc, argv, [&] { run(a); });
}
