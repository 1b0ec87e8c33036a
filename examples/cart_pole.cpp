/// A network with self attention learns to balance a pole by pushing its cart. It sees only the cart's position and the
/// pole's angle. So it must infer the velocities from the last observations.
///
///     cart_pole --steps 50000 --seed 0 --model cart_pole.safetensors
///     cart_pole --model cart_pole.safetensors --play

#include <CLI/CLI.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "heed/heed.hpp"
#include "heed/io/safetensors.hpp"
#include "support/cart_pole_episode.hpp"
#include "support/cart_pole_task.hpp"
#include "support/command.hpp"
#include "support/curves.hpp"
#include "support/options.hpp"
#include "support/shades.hpp"
#include "support/terminal.hpp"

namespace {

using heed::Index;
using heed::Key;
using support::CartPole;
using support::Moment;
using support::summary_of;
using Model = heed::AttentionQNetwork<float>;

struct Arguments {
  std::filesystem::path model, curve;
  bool play = false;
  int pace = 20;
  Index episodes = 100;
  heed::AttentionQNetworkOptions options{.features = CartPole::observation_size(),
                                         .actions = CartPole::actions(),
                                         .hidden = 32,
                                         .num_heads = 4,
                                         .positions = heed::PositionKind::sinusoidal};
  heed::QLearningOptions learn{.steps = 6'000,
                               .reward_scale = 0.1,
                               .n_step = 3,
                               .update = {.learning_rate = 1e-3, .target_rate = 0.02},
                               .schedule = heed::CosineSchedule{.last = 1e-5}};

  Key key(std::uint64_t site) const { return Key{learn.seed}.child(site); }  // learning itself has the first few
};

void show(const Model& model, const Arguments& a) {
  const std::vector<Moment> episode = support::play_episode(model, a.key(11).child(0));
  if (a.play && support::is_terminal(stdout)) {
    for (const Moment& m : episode) {
      if (m.step > 0) std::printf("\x1b[%dA\x1b[J", support::moment_height);
      std::fputs(support::picture_of(m).c_str(), stdout);
      std::fflush(stdout);
      std::this_thread::sleep_for(std::chrono::milliseconds(a.pace));
    }
  }
  const auto fastest = std::max_element(episode.begin(), episode.end(), [](const Moment& x, const Moment& y) {
    return std::abs(x.state.angular_velocity) < std::abs(y.state.angular_velocity);
  });
  std::printf("\nan episode of %zu steps; the pole turns fastest in\n%s", episode.size(),
              support::picture_of(*fastest).c_str());
  std::fputs(support::attention_table(*fastest, model.options.steps).c_str(), stdout);
}

void measure(const Model& model, const Arguments& a) {
  const support::Summary s =
      summary_of(heed::play_episodes(model, CartPole(), model.options.steps, a.key(11), a.episodes, a.learn.threads));
  std::printf("median return %.1f, mean %.2f, least %.0f of %jd episodes, at most %d\nactions at random: median %.1f\n",
              s.median, s.mean, s.least, a.episodes, CartPole::longest,
              summary_of(support::random_returns(a.key(12), a.episodes)).median);
  show(model, a);
}

void tell(const heed::QRecord& r) {
  std::printf("step %6td  return %5.1f |%-20s|", r.step, r.evaluation_return,
              support::bar(r.evaluation_return / CartPole::longest, 20).c_str());
  if (!std::isnan(r.training_return)) std::printf(" training %5.1f", r.training_return);
  if (!std::isnan(r.loss)) std::printf("  loss %.4f", r.loss);
  std::puts("");
  std::fflush(stdout);
}

void draw_curve(const Arguments& a, const heed::QHistory& history) {
  support::Curve evaluated{"evaluation", {}}, trained{"training, with actions at random", {}}, loss{"", {}};
  for (const heed::QRecord& r : history.records) {
    evaluated.y.push_back(r.evaluation_return);
    trained.y.push_back(r.training_return);
    loss.y.push_back(r.loss);
  }
  support::draw(a.curve, support::Curves{.x_label = std::to_string(a.learn.evaluate_every) + " steps",
                                         .panels = {{"return", {evaluated, trained}}, {"loss", {loss}}},
                                         .title = "cart-pole without velocities"});
}

void train(Arguments& a) {
  a.learn.window = a.options.steps;
  Model model(a.options);
  model.initialize(a.key(10));
  if (!a.model.empty()) heed::check_save(model, a.model);
  if (!a.curve.empty()) support::check_picture(a.curve);
  const heed::InterruptGuard guard;
  a.learn.stop = guard.signal();
  a.learn.callbacks.push_back([](const heed::QRecord& r) { return tell(r), true; });
  const heed::QHistory history = heed::learn_q(model, CartPole(), a.learn);
  heed::require(history.outcome != heed::Outcome::diverged, [] { return heed::Fault{"the training diverged"}; });
  if (history.outcome == heed::Outcome::cancelled) std::puts("interrupted: the best weights so far are kept");
  if (!a.model.empty()) heed::save(model, a.model);
  if (!a.curve.empty()) draw_curve(a, history);
  measure(model, a);
}

}  // namespace

int main(int argc, char** argv) {
  Arguments a;
  CLI::App program("Learns to balance a pole on a cart, without seeing how fast they move", "cart_pole");
  program.add_option("--model", a.model, "Where the model is kept; with --play it is loaded, otherwise written");
  auto* play = program.add_flag("--play", a.play, "Plays with --model instead of learning; on a terminal, live");
  play->needs("--model");
  program.add_option("--pace", a.pace, "Milliseconds a step of --play")->check(support::whole(0, 10000));
  program.add_option("--steps", a.learn.steps, "Of the environment")->check(support::whole_from(1));
  program.add_option("--episodes", a.episodes, "To measure on")->check(support::whole_from(1));
  support::add_options(program, a.options);
  support::add_options(program, a.learn.update, support::only({"learning_rate", "batch_size"}));
  support::add_options(program, a.learn, support::only({"evaluate_every", "threads", "seed"}));
  program.add_option("--curve", a.curve, "Where to draw the returns (.png, .svg)");
  return support::run_command(program, argc, argv, [&] {
    if (!a.play) return train(a);
    measure(heed::load<Model>(a.model), a);
  });
}
