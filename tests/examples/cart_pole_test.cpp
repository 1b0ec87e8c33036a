// The cart-pole, against its equations of motion, and the program that learns it.

#include <array>
#include <cmath>
#include <cstdlib>
#include <vector>

#include "../../examples/support/cart_pole_episode.hpp"
#include "../../examples/support/cart_pole_task.hpp"
#include "../support/reference.hpp"
#include "example.hpp"

namespace cart_pole_test {

using namespace classifier_test;
using support::CartPole;

std::array<double, 4> numbers(const CartPole::State& s) {
  return {s.position, s.velocity, s.angle, s.angular_velocity};
}

TEST(CartPoleTask, ObeysTheEquationsOfMotion) {
  const test_support::Reference file("cart_pole/episodes");
  for (const std::string i : {"0", "1", "2", "3"}) {
    SCOPED_TRACE(i);
    const auto states = file.values("states." + i);
    const auto actions = file.integers("actions." + i);
    CartPole pole({states[0], states[1], states[2], states[3]});
    for (std::size_t t = 0; t < actions.size(); ++t) {
      const heed::ActionResult result = pole.step(actions[t]);
      const auto s = numbers(pole.state());
      for (std::size_t k = 0; k < 4; ++k) EXPECT_NEAR(s[k], states[4 * (t + 1) + k], 1e-12) << "step " << t;
      EXPECT_EQ(result.reward, 1);
      EXPECT_EQ(result.terminal, t + 1 == actions.size()) << "step " << t;
      EXPECT_FALSE(result.timed_out);
    }
  }
}

TEST(CartPoleTask, TimesOutAfter500Steps) {
  CartPole pole;
  pole.reset(heed::Key{1});
  for (int t = 1; t <= 500; ++t) {
    const CartPole::State& s = pole.state();
    const bool right = s.angle + 0.3 * s.angular_velocity + 0.03 * s.position + 0.06 * s.velocity > 0;
    const heed::ActionResult result = pole.step(right ? 1 : 0);
    ASSERT_FALSE(result.terminal) << t;
    EXPECT_EQ(result.timed_out, t == 500);
  }
  EXPECT_EQ(pole.steps(), 500);
  pole.reset(heed::Key{2});
  EXPECT_EQ(pole.steps(), 0);
}

TEST(CartPoleTask, StartsNearTheMiddle) {
  double sum = 0, squares = 0;
  for (std::uint64_t i = 0; i < 1000; ++i) {
    CartPole pole;
    pole.reset(heed::Key{5}.child(i));
    for (const double v : numbers(pole.state())) {
      EXPECT_LE(std::abs(v), 0.05);
      sum += v;
      squares += v * v;
    }
  }
  EXPECT_NEAR(sum / 4000, 0, 0.002);
  EXPECT_NEAR(squares / 4000, 0.01 / 12, 0.00005);
}

TEST(CartPoleTask, HidesTheVelocities) {
  std::array<double, 2> slow{}, fast{};
  CartPole({1.2, 0, -0.1, 0}).observe(std::span<double>(slow));
  CartPole({1.2, 3, -0.1, 7}).observe(std::span<double>(fast));
  EXPECT_EQ(slow, fast);
  EXPECT_DOUBLE_EQ(slow[0], 0.5);
  EXPECT_NEAR(slow[1], -0.1 * 15 / 3.14159265358979, 1e-12);
}

TEST(CartPolePicture, FitsOnATerminal) {
  for (const double position : {-2.45, 0.0, 2.45}) {
    for (const double angle : {-0.22, 0.0, 0.22}) {
      const auto rows = lines(support::cart_pole_picture({position, 0, angle, 0}, 1));
      EXPECT_EQ(rows.size(), 10U);
      for (const std::string& row : rows) EXPECT_LE(row.size(), 79U) << row;
    }
  }
  const auto rows = lines(support::cart_pole_picture({0, 0, 0, 0}, -1));
  EXPECT_EQ(rows[0], std::string(39, ' ') + 'o');
  EXPECT_EQ(rows[7], std::string(36, ' ') + "[_____]<");
  EXPECT_EQ(rows[9], "position +0.00 m, pole  +0.0 degrees");
}

TEST(Summary, IsTheMedian) {
  const auto s = support::summary_of({9, 1, 5, 3});
  EXPECT_EQ(s.median, 4);
  EXPECT_EQ(s.mean, 4.5);
  EXPECT_EQ(s.least, 1);
  EXPECT_EQ(support::summary_of({7, 1, 2}).median, 2);
}

class CartPoleProgram : public Example {
 protected:
  CartPoleProgram() : Example("cart_pole") {}
  const std::string small = " --steps 4000 --evaluate 500 --hidden 16 --episodes 40 --threads 1 ";
};

TEST_F(CartPoleProgram, LearnsKeepsTheModelAndPlays) {
  const std::string out = succeeds("--model m.safetensors" + small);
  EXPECT_TRUE(has_line(out, "step 4000 return")) << out;
  EXPECT_GT(number_after(out, "median return "), 3 * number_after(out, "random: median ")) << out;
  EXPECT_NE(out.find("[_____]"), std::string::npos) << out;
  EXPECT_TRUE(has_line(out, "-7 -6 -5 -4 -3 -2 -1 now")) << out;
  EXPECT_TRUE(has_line(out, "head 3")) << out;
  fits_80_columns(out);
  const std::string end = out.substr(out.find("median return"));
  EXPECT_EQ(succeeds("--play --model m.safetensors --episodes 40 --threads 1"), end);
  if (const auto why = no_terminal()) GTEST_SKIP() << *why;
  const Result live = classifier_test::run({.folder = folder / ".",
                                            .terminal = true,
                                            .environment = {"TERM=xterm"},
                                            .program = HEED_EXAMPLES_DIR "/cart_pole"},
                                           words("--play --model m.safetensors --pace 0 --episodes 2"));
  EXPECT_EQ(live.code, 0) << live.err;
  EXPECT_NE(live.out.find("\x1b[11A"), std::string::npos);
  EXPECT_TRUE(has_line(live.out, "step 5: values of a push left"));
}

TEST_F(CartPoleProgram, GivesTheSameForAnyNumberOfThreads) {
  const std::string options = "--steps 1500 --evaluate 500 --hidden 8 --batch 100 --window 3 --seed 4 --threads ";
  EXPECT_EQ(succeeds(options + "1"), succeeds(options + "3"));
}

TEST_F(CartPoleProgram, DrawsItsCurve) {
  if (std::system("gnuplot --version >/dev/null 2>&1") != 0) GTEST_SKIP() << "gnuplot is not installed";
  succeeds("--steps 1000 --evaluate 250 --hidden 8 --episodes 2 --positions learned --curve c.svg");
  EXPECT_NE(text("c.svg").find("<svg"), std::string::npos);
}

TEST_F(CartPoleProgram, SaysWhatIsWrong) {
  fails("--play", 2, "--model");
  fails("--play --model none.safetensors", 1, "none.safetensors");
  fails("--steps 0", 2, "--steps");
  fails("--heads 3", 1, "heads");
  fails("--positions relative", 2, "--positions");
  fails("--curve c.jpg", 1, "c.jpg");
  fails("--model none/m.safetensors", 1, "none/m.safetensors");
}

}  // namespace cart_pole_test
