// oneDNN: the LSTM primitive alone, forward for training and backward, over all sequences in batches of one size.
//
//     tune     the seconds of an epoch by batch size, {"16": 0.1, ...}; what follows uses the best
//     lstm     as torch_peer.py's
//
// OMP_NUM_THREADS is the number of threads. Weights are in the layout that the primitive asks for before anything is
// timed.

#include <oneapi/dnnl/dnnl.hpp>

#include <algorithm>
#include <limits>
#include <optional>
#include <unordered_map>

#include "serve.hpp"

namespace {

using dnnl::memory;
using peers::Index, peers::Words, peers::json;
using Tag = memory::format_tag;
using Arguments = std::unordered_map<int, memory>;

std::span<float> values(memory& m) {
  return {static_cast<float*>(m.get_data_handle()), m.get_desc().get_size() / sizeof(float)};
}

double magnitude(memory m) {
  double sum = 0;
  for (const float v : values(m)) sum += std::abs(static_cast<double>(v));
  return sum;
}

/// An LSTM on batches of `size` sequences.
class Lstm {
 public:
  Lstm(const peers::Case& c, Index size) : size_(size) {
    const memory::dim T = c.x.extent(1), F = c.x.extent(2), N = size, H = c.start.options.hidden;
    const memory::desc src({T, N, F}, type, Tag::tnc), dst({T, N, H}, type, Tag::tnc),
        bias({1, 1, 4, H}, type, Tag::ldgo);
    const memory::desc ih({1, 1, F, 4, H}, type, Tag::any), hh({1, 1, H, 4, H}, type, Tag::any), none;
    const memory::desc first({1, 1, N, H}, type, Tag::ldnc);  // of states: left out, 2.6's gradients are wrong
    const auto direction = dnnl::rnn_direction::unidirectional_left2right;
    const dnnl::lstm_forward::primitive_desc forward(
        {dnnl::prop_kind::forward_training, direction, src, first, first, ih, hh, bias, dst, none, none}, engine_);
    const dnnl::lstm_backward::primitive_desc backward({dnnl::prop_kind::backward,
                                                        direction,
                                                        src,
                                                        first,
                                                        first,
                                                        ih,
                                                        hh,
                                                        bias,
                                                        dst,
                                                        none,
                                                        none,
                                                        src,
                                                        first,
                                                        first,
                                                        ih,
                                                        hh,
                                                        bias,
                                                        dst,
                                                        none,
                                                        none},
                                                       engine_, forward);
    forward_ = dnnl::lstm_forward(forward);
    backward_ = dnnl::lstm_backward(backward);

    // PyTorch's (4 H, I) is oneDNN's (I, 4, H) transposed; the gates have the same order
    memory w_ih = zeros({{1, 1, F, 4, H}, type, Tag::ldigo}), w_hh = zeros({{1, 1, H, 4, H}, type, Tag::ldigo});
    memory b = zeros(bias), y = zeros(dst), dy = zeros(dst), dx = zeros(src), zero = zeros(first),
           workspace(forward.workspace_desc(), engine_);
    const auto& lstm = c.start.recurrent.weights[0];
    for (Index r = 0; r < 4 * H; ++r) {
      for (Index k = 0; k < F; ++k) values(w_ih)[at(k * 4 * H + r)] = lstm.ih(r, k);
      for (Index k = 0; k < H; ++k) values(w_hh)[at(k * 4 * H + r)] = lstm.hh(r, k);
      values(b)[at(r)] = lstm.bias_ih(r) + lstm.bias_hh(r);
    }
    std::ranges::fill(values(dy), 1.f);
    for (Index begin = 0; begin < c.x.extent(0); begin += size) {
      memory x = zeros(src);
      for (Index t = 0; t < T; ++t) {
        for (Index l = 0; l < N; ++l) {
          for (Index f = 0; f < F; ++f) values(x)[at((t * N + l) * F + f)] = c.x(begin + l, t, f);
        }
      }
      x_.push_back(x);
    }

    to_forward_ = {{DNNL_ARG_WEIGHTS_LAYER, as(w_ih, forward.weights_layer_desc())},
                   {DNNL_ARG_WEIGHTS_ITER, as(w_hh, forward.weights_iter_desc())},
                   {DNNL_ARG_BIAS, b},
                   {DNNL_ARG_SRC_ITER, zero},
                   {DNNL_ARG_SRC_ITER_C, zero},
                   {DNNL_ARG_DST_LAYER, y},
                   {DNNL_ARG_WORKSPACE, workspace}};
    to_backward_ = {{DNNL_ARG_WEIGHTS_LAYER, as(w_ih, backward.weights_layer_desc())},
                    {DNNL_ARG_WEIGHTS_ITER, as(w_hh, backward.weights_iter_desc())},
                    {DNNL_ARG_BIAS, b},
                    {DNNL_ARG_SRC_ITER, zero},
                    {DNNL_ARG_SRC_ITER_C, zero},
                    {DNNL_ARG_DIFF_SRC_ITER, zeros(first)},
                    {DNNL_ARG_DIFF_SRC_ITER_C, zeros(first)},
                    {DNNL_ARG_DST_LAYER, y},
                    {DNNL_ARG_WORKSPACE, workspace},
                    {DNNL_ARG_DIFF_DST_LAYER, dy},
                    {DNNL_ARG_DIFF_SRC_LAYER, dx}};
    for (const auto& [argument, desc] : {std::pair{DNNL_ARG_DIFF_WEIGHTS_LAYER, backward.diff_weights_layer_desc()},
                                         std::pair{DNNL_ARG_DIFF_WEIGHTS_ITER, backward.diff_weights_iter_desc()},
                                         std::pair{DNNL_ARG_DIFF_BIAS, backward.diff_bias_desc()}}) {
      to_backward_[argument] = zeros(desc);
    }
  }

  /// Forward and backward over all sequences; the gradients of the weights add up. Returns the sum of the states'
  /// magnitudes where that is asked.
  double epoch(bool sum = false) {
    for (const int g : gradients) std::ranges::fill(values(to_backward_.at(g)), 0.f);
    double states = 0;
    for (const memory& x : x_) {
      to_forward_[DNNL_ARG_SRC_LAYER] = x;
      to_backward_[DNNL_ARG_SRC_LAYER] = x;
      forward_.execute(stream_, to_forward_);
      backward_.execute(stream_, to_backward_);
      if (sum) states += (stream_.wait(), magnitude(to_forward_.at(DNNL_ARG_DST_LAYER)));
    }
    stream_.wait();
    return states;
  }

  std::string check() {
    std::vector<double> sums{epoch(true)};
    for (const int g : gradients) sums.push_back(magnitude(to_backward_.at(g)));
    return json(sums);
  }

  Index size() const { return size_; }

 private:
  static constexpr auto type = memory::data_type::f32;
  static constexpr int gradients[] = {DNNL_ARG_DIFF_WEIGHTS_LAYER, DNNL_ARG_DIFF_WEIGHTS_ITER, DNNL_ARG_DIFF_BIAS};

  static std::size_t at(Index i) { return static_cast<std::size_t>(i); }
  memory zeros(const memory::desc& desc) {
    memory m(desc, engine_);
    std::ranges::fill(values(m), 0.f);
    return m;
  }
  memory as(memory from, const memory::desc& desc) {
    memory to(desc, engine_);
    dnnl::reorder(from, to).execute(stream_, from, to);
    stream_.wait();
    return to;
  }

  Index size_;
  dnnl::engine engine_{dnnl::engine::kind::cpu, 0};
  dnnl::stream stream_{engine_};
  dnnl::lstm_forward forward_;
  dnnl::lstm_backward backward_;
  std::vector<memory> x_;
  Arguments to_forward_, to_backward_;
};

/// Tries every size of at least 16 that divides the number of sequences: the shortest of five epochs counts.
std::string tune(const peers::Case& c, std::optional<Lstm>& best) {
  double least = std::numeric_limits<double>::infinity();
  std::string answer;
  Index size = 0;
  for (Index s = 16; s <= c.x.extent(0); ++s) {
    if (c.x.extent(0) % s) continue;
    Lstm lstm(c, s);
    lstm.epoch();
    double time = peers::seconds(peers::now, [&] { lstm.epoch(); });
    for (int i = 0; i < 4; ++i) time = std::min(time, peers::seconds(peers::now, [&] { lstm.epoch(); }));
    answer += (answer.empty() ? "{\"" : ", \"") + std::to_string(s) + "\": " + json(time);
    if (time < least) least = time, size = s;
  }
  best.emplace(c, size);
  return answer + "}";
}

}  // namespace

int main() {
  peers::Case data;
  std::optional<Lstm> lstm;
  const dnnl_version_t* v = dnnl_version();
  const std::string version =
      std::to_string(v->major) + "." + std::to_string(v->minor) + "." + std::to_string(v->patch);
  peers::serve({{"hello", [&](Words&) { return "{\"version\": " + json(version) + "}"; }},
                {"case", [&](Words& words) { return data = peers::read_case(words), std::string("true"); }},
                {"tune", [&](Words&) { return tune(data, lstm); }},
                {"lstm", [&](Words&) { return lstm.value().check(); }},
                {"epochs", [&](Words& words) {
                   lstm.value().epoch();
                   std::vector<double> times(static_cast<std::size_t>(peers::count(words)));
                   for (double& time : times) time = peers::seconds(peers::now, [&] { lstm->epoch(); });
                   return json(times);
                 }}});
}
