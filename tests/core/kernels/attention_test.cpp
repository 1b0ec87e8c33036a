#include "heed/core/kernels/attention.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "../../support/random.hpp"

namespace attention_test {

using heed::Index;
using heed::Tile;
using heed::kernels::Head;
using heed::kernels::matrix_of;
using test_support::random_values;

// One head that takes the features 1 .. of tiles with two features more, against plain loops in double.
template <class S>
struct Attended {
  static constexpr Index D = 4, V = 6;
  const Index L, Q, K;
  const bool all, causal;  // all weights are kept; query i meets the keys 0 .. i
  const double scale = 0.7;
  std::vector<std::int32_t> lengths, asked;  // of keys and queries
  std::vector<S> q, k, v, dc, weights, context, scores, dq, dk, dv;

  Attended(Index lanes, bool ragged, Index queries = 3, Index key_count = 5, bool keep = true, bool is_causal = false)
      : L(lanes),
        Q(queries),
        K(key_count),
        all(keep),
        causal(is_causal),
        q(random_values<S>(Q * (D + 2) * L, 1)),
        k(random_values<S>(K * (D + 2) * L, 2)),
        v(random_values<S>(K * (V + 2) * L, 3)),
        dc(random_values<S>(Q * (V + 2) * L, 4)),
        weights(static_cast<std::size_t>(Q * K * L)),
        context(dc.size()),
        scores(weights.size()),
        dq(q.size()),
        dk(k.size()),
        dv(v.size()) {
    for (Index l = 0; l < L && ragged; ++l) lengths.push_back(static_cast<std::int32_t>((3 * l + 2) % (K + 1)));
    const auto in = [&](const std::vector<S>& x, Index steps, Index f) {
      return matrix_of(Tile<const S>(x.data(), {steps, f + 2}, L), 1);
    };
    const auto out = [&](std::vector<S>& x, Index steps, Index f) {
      return matrix_of(Tile<S>(x.data(), {steps, f + 2}, L), 1);
    };
    for (Index l = 0; l < L && ragged; ++l) asked.push_back(static_cast<std::int32_t>((5 * l + 1) % (Q + 1)));
    const Head<S> head{
        Q,     K, D, V, L, static_cast<S>(scale), ragged ? asked.data() : nullptr, ragged ? lengths.data() : nullptr,
        causal};
    EXPECT_LE(head.block(), Q);
    if (!all) weights.resize(static_cast<std::size_t>(head.block() * K * L));
    scores.resize(static_cast<std::size_t>(head.block() * K * L));
    const heed::kernels::WeightsOf<S> room{weights.data(), all};
    const heed::kernels::DotScores<S> score{head, in(q, Q, D), in(k, K, D)};
    heed::kernels::attend<S>(head, score, in(v, K, V), room, out(context, Q, V));
    if (!all) std::fill(weights.begin(), weights.end(), S(-7));
    heed::kernels::attend_backward<S>(head, score, in(v, K, V), room, in(dc, Q, V), scores.data(), out(dq, Q, D),
                                      {out(dk, K, D)}, {out(dv, K, V)});
  }

  double at(const std::vector<S>& x, Index f_count, Index t, Index f, Index l) const {
    return static_cast<double>(x[static_cast<std::size_t>((t * (f_count + 2) + 1 + f) * L + l)]);
  }
  // how many keys query i meets
  Index keys(Index l, Index i) const {
    const Index valid = lengths.empty() ? K : lengths[static_cast<std::size_t>(l)];
    return causal ? std::min(valid, i + 1) : valid;
  }

  // the largest error of everything in one lane
  double error(Index l) const {
    std::vector<double> a_values(static_cast<std::size_t>(Q * K)), ds_values = a_values;
    const auto a = [&](Index i, Index j) -> double& { return a_values[static_cast<std::size_t>(i * K + j)]; };
    const auto ds = [&](Index i, Index j) -> double& { return ds_values[static_cast<std::size_t>(i * K + j)]; };
    double worst = 0;
    const auto compare = [&](double got, double expected) {
      const double e = std::abs(got - expected);
      worst = std::isfinite(e) ? std::max(worst, e) : HUGE_VAL;
    };
    const auto queries = asked.empty() ? Q : static_cast<Index>(asked[static_cast<std::size_t>(l)]);
    for (Index i = 0; i < queries; ++i) {
      double total = 0, dot = 0;
      for (Index j = 0; j < keys(l, i); ++j) {
        double s = 0;
        for (Index f = 0; f < D; ++f) s += at(q, D, i, f, l) * at(k, D, j, f, l);
        total += a(i, j) = std::exp(scale * s);
      }
      for (Index j = 0; j < keys(l, i); ++j) {
        a(i, j) /= total;
        for (Index f = 0; f < V; ++f) ds(i, j) += at(dc, V, i, f, l) * at(v, V, j, f, l);
        dot += a(i, j) * ds(i, j);
      }
      for (Index j = 0; j < keys(l, i); ++j) ds(i, j) = a(i, j) * (ds(i, j) - dot);
    }
    for (Index i = 0; i < Q && all; ++i) {
      for (Index j = 0; j < K; ++j) {
        compare(static_cast<double>(weights[static_cast<std::size_t>((i * K + j) * L + l)]), a(i, j));
      }
    }
    const auto sum = [](Index n, auto term) {
      double s = 0;
      for (Index i = 0; i < n; ++i) s += term(i);
      return s;
    };
    for (Index i = 0; i < Q; ++i) {
      for (Index f = 0; f < V; ++f) {
        compare(at(context, V, i, f, l), sum(K, [&](Index j) { return a(i, j) * at(v, V, j, f, l); }));
      }
      for (Index f = 0; f < D; ++f) {
        compare(at(dq, D, i, f, l), scale * sum(K, [&](Index j) { return ds(i, j) * at(k, D, j, f, l); }));
      }
    }
    for (Index j = 0; j < K; ++j) {
      for (Index f = 0; f < V; ++f) {
        compare(at(dv, V, j, f, l), sum(Q, [&](Index i) { return a(i, j) * at(dc, V, i, f, l); }));
      }
      for (Index f = 0; f < D; ++f) {
        compare(at(dk, D, j, f, l), scale * sum(Q, [&](Index i) { return ds(i, j) * at(q, D, i, f, l); }));
      }
    }
    return worst;
  }
};

template <class S>
void check_attention() {
  for (const Index lanes : {1, 2, 7, 16, 37, 64}) {
    for (const int form : {0, 1, 2, 3}) {
      const bool ragged = form % 2 == 1;
      const Attended<S> attended = form < 2 ? Attended<S>(lanes, ragged) : Attended<S>(lanes, ragged, 6, 7, true, true);
      for (Index l = 0; l < lanes; ++l) {
        ASSERT_LE(attended.error(l), test_support::rounding<S>) << "lane " << l << " of " << lanes << ", " << ragged;
      }
    }
  }
}

TEST(Attention, WeightsNeedNotBeKept) {
  for (const int form : {0, 1, 2, 3}) {
    const bool ragged = form % 2 == 1, causal = form >= 2;
    const Attended<double> kept(64, ragged, 9, 600, true, causal);
    const Attended<double> again(64, ragged, 9, 600, false, causal);  // blocks of four queries
    for (const Index l : {0, 1, 33, 63}) ASSERT_LE(again.error(l), test_support::rounding<double>) << l;
    EXPECT_EQ(again.context, kept.context);
    EXPECT_EQ(again.dq, kept.dq);
    EXPECT_EQ(again.dk, kept.dk);
    EXPECT_EQ(again.dv, kept.dv);
    EXPECT_LT(again.weights.size(), kept.weights.size());
  }
}

TEST(Attention, AttendsAndGoesBackInDouble) { check_attention<double>(); }
TEST(Attention, AttendsAndGoesBackInFloat) { check_attention<float>(); }

}  // namespace attention_test
