#pragma once

// Episodes of the cart-pole, and how they look as text of 79 columns.

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <numbers>
#include <numeric>
#include <string>
#include <vector>

#include "cart_pole_task.hpp"
#include "heed/control/episodes.hpp"
#include "shades.hpp"

namespace support {

/// The cart on its track and the pole, whose angle is drawn three times as large, for it is never more than 12 degrees.
/// The arrow is the push that comes.
inline std::string cart_pole_picture(const CartPole::State& state, int push) {
  constexpr int width = 79, middle = width / 2, height = 7;  // of the pole
  constexpr double column = 0.0666, exaggeration = 3;        // a column is 6.7 cm, a row twice as much
  std::array<std::string, height + 3> rows;
  rows.fill(std::string(width, ' '));
  const auto put = [&](std::size_t row, int x, char c) {
    if (x >= 0 && x < width) rows[row][static_cast<std::size_t>(x)] = c;
  };
  const int cart = middle + static_cast<int>(std::lround(state.position / column));
  const double lean = std::tan(exaggeration * state.angle);
  const char side = lean > 0.25 ? '/' : lean < -0.25 ? '\\' : '|';
  for (int k = 1; k <= height; ++k) {
    const int x = cart + static_cast<int>(std::lround(2 * (k - 0.5) * lean));
    put(static_cast<std::size_t>(height - k), x, k == height ? 'o' : side);
  }
  const std::string body = push > 0 ? ">[_____]" : push < 0 ? " [_____]<" : " [_____]";
  for (std::size_t i = 0; i < body.size(); ++i) put(height, cart - 4 + static_cast<int>(i), body[i]);
  rows[height + 1].assign(width, '-');
  const int end = static_cast<int>(std::lround(CartPole::farthest / column));
  for (const int x : {middle - end, middle + end}) put(height + 1, x, '|');
  for (const int x : {cart - 2, cart + 2}) put(height + 1, x, 'O');
  char text[80];
  std::snprintf(text, sizeof text, "position %+5.2f m, pole %+5.1f degrees", state.position,
                state.angle * 180 / std::numbers::pi);
  rows[height + 2] = text;
  std::string picture;
  for (std::string& row : rows) {
    row.erase(row.find_last_not_of(' ') + 1);
    picture += row + '\n';
  }
  return picture;
}

/// A moment of an episode: what is, what a model saw, and what it made of it.
struct Moment {
  CartPole::State state;
  std::vector<float> seen, weights;  // (steps, 2), (heads, steps)
  float left = 0, right = 0;         // values of the actions
  int step = 0;
};

/// An episode in which the action of the largest value is taken.
template <class Model>
std::vector<Moment> play_episode(const Model& model, heed::Key key) {
  heed::GreedyPolicy<Model> policy;
  heed::ObservationWindow<float> window({model.options.steps, CartPole::observation_size()});
  std::vector<Moment> episode;
  CartPole pole;
  pole.reset(key);
  window.begin(pole);
  for (heed::ActionResult result; !result.over(); window.add(pole)) {
    const std::int32_t action = policy(model, window);
    const auto seen = window.values();
    const auto weights = model.attention_weights(policy.cache());
    const float* values = policy.values().data;
    episode.push_back({pole.state(),
                       {seen.begin(), seen.end()},
                       {weights.data, weights.data + weights.size()},
                       values[0],
                       values[1],
                       pole.steps()});
    result = pole.step(action);
  }
  return episode;
}

inline constexpr int moment_height = 11;  // lines
inline std::string picture_of(const Moment& m) {
  char text[80];
  std::snprintf(text, sizeof text, "step %d: values of a push left %.3f, right %.3f\n", m.step,
                static_cast<double>(m.left), static_cast<double>(m.right));
  return cart_pole_picture(m.state, m.right > m.left ? 1 : -1) + text;
}

/// The last observations, eight at most, and how much each head of attention looks at them.
inline std::string attention_table(const Moment& m, heed::Index steps) {
  const heed::Index first = std::max<heed::Index>(0, steps - 8);
  const heed::Index heads = static_cast<heed::Index>(m.weights.size()) / steps;
  std::string text = "what it saw last, and how much each head of attention looks at it:\n";
  const auto add = [&](const char* format, auto... values) {
    char cell[40];
    std::snprintf(cell, sizeof cell, format, values...);
    text += cell;
  };
  const auto row = [&](const std::string& name, auto&& cell) {
    add("  %-10s", name.c_str());
    for (heed::Index t = first; t < steps; ++t) cell(t);
    text += '\n';
  };
  const auto seen = [&](heed::Index t, heed::Index f) {
    return static_cast<double>(m.seen[static_cast<std::size_t>(2 * t + f)]);
  };
  row("", [&](heed::Index t) { add("%8s", t + 1 == steps ? "now" : std::to_string(t + 1 - steps).c_str()); });
  row("position m", [&](heed::Index t) { add("%8.3f", seen(t, 0) * CartPole::farthest); });
  row("angle deg", [&](heed::Index t) { add("%8.2f", seen(t, 1) * 12); });
  for (heed::Index h = 0; h < heads; ++h) {
    row("head " + std::to_string(h), [&](heed::Index t) {
      const auto weight = static_cast<double>(m.weights[static_cast<std::size_t>(h * steps + t)]);
      add(" %3s%4.2f", bar(weight, 3).c_str(), weight);
    });
  }
  return text;
}

/// The returns of actions at random, to compare with.
inline std::vector<double> random_returns(heed::Key key, heed::Index episodes) {
  std::vector<double> returns;
  for (heed::Index i = 0; i < episodes; ++i) {
    const heed::Key episode = key.child(static_cast<std::uint64_t>(i));
    CartPole pole;
    pole.reset(episode);
    heed::ActionResult result;
    while (!result.over()) {
      const auto draw = static_cast<std::uint64_t>(100 + pole.steps());
      result = pole.step(static_cast<std::int32_t>(episode.below(draw, 2)));
    }
    returns.push_back(pole.steps());
  }
  return returns;
}

/// Of returns.
struct Summary {
  double median = 0, mean = 0, least = 0;
};
inline Summary summary_of(std::vector<double> returns) {
  std::sort(returns.begin(), returns.end());
  const std::size_t n = returns.size();
  const double sum = std::accumulate(returns.begin(), returns.end(), 0.0);
  return {(returns[(n - 1) / 2] + returns[n / 2]) / 2, sum / static_cast<double>(n), returns.front()};
}

}  // namespace support
