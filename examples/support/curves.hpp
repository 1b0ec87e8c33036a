#pragma once

// Curves as pictures (.png or .svg), drawn by gnuplot.
//
//     support::draw("curve.png", support::Curves{.x_label = "epoch", .panels = {{.y_label = "loss", .curves = ...}}});

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <string>
#include <vector>

#include "gnuplot.hpp"
#include "heed/core/error.hpp"

namespace support {

struct Curve {
  std::string name;
  std::vector<double> y;  ///< at x = 1, 2, ...; NaN: no point
};
struct Panel {
  std::string y_label;
  std::vector<Curve> curves;
};
/// Panels one below another, with one x axis.
struct Curves {
  std::string x_label = {};
  std::vector<Panel> panels = {};
  std::string title = {};
};

namespace detail {

// colours that everybody can tell apart (Okabe and Ito 2008)
inline constexpr std::array<const char*, 6> line_colours{"#0072B2", "#D55E00", "#009E73",
                                                         "#CC79A7", "#E69F00", "#56B4E9"};

/// What all finite numbers of a panel fit in, with a little room.
inline std::string y_range(const Panel& panel) {
  double low = HUGE_VAL, high = -HUGE_VAL;
  for (const Curve& curve : panel.curves) {
    for (const double y : curve.y) {
      if (!std::isfinite(y)) continue;
      low = std::min(low, y);
      high = std::max(high, y);
    }
  }
  if (low > high) low = high = 0;
  const double room = high > low ? 0.04 * (high - low) : std::max(0.01, 0.04 * std::abs(high));
  return "set yrange [" + number(low - room) + ":" + number(high + room) + "]\n";
}

}  // namespace detail

/// Throws as `run_gnuplot` does.
inline void draw(const fs::path& path, const Curves& page) {
  constexpr int width = 720, panel_height = 250, left = 84, right = 24, above = 30, below = 14, foot = 50;
  const int title = page.title.empty() ? 0 : 36, panels = static_cast<int>(page.panels.size());
  const int height = title + panels * panel_height + foot;
  heed::require(panels > 0, [&] { return heed::Fault{"no curves to draw", path.string(), {}, {}}; });
  std::size_t points = 1;
  for (const Panel& panel : page.panels) {
    for (const Curve& curve : panel.curves) points = std::max(points, curve.y.size());
  }
  std::string script =
      "set multiplot\nset border 3 linecolor '#666666'\nset tics nomirror scale 0.5 textcolor '#333333'\n"
      "set grid linecolor '#e4e4e4' linetype 1\nset style data lines\nset key at graph 1, graph 1.03 right bottom "
      "horizontal noautotitle samplen 2\n"
      "set xrange [1:" +
      std::to_string(std::max<std::size_t>(points, 2)) + "]\n";
  if (title)
    script += "set label 1 " + gnuplot_text(page.title) + " at screen 0.5, screen " +
              detail::number(1 - 20.0 / height) + " center font ',12'\n";
  for (int i = 0; i < panels; ++i) {
    const Panel& panel = page.panels[static_cast<std::size_t>(i)];
    script += detail::frame(left, title + i * panel_height + above, width - left - right, panel_height - above - below,
                            width, height);
    script += "set ylabel " + gnuplot_text(panel.y_label) + "\n";
    script +=
        i + 1 < panels ? "set format x ''\n" : "set format x '%g'\nset xlabel " + gnuplot_text(page.x_label) + "\n";
    script += detail::y_range(panel);
    std::string plot;
    for (std::size_t c = 0; c < panel.curves.size(); ++c) {
      const std::string name = "$curve" + std::to_string(c);
      script += name + " << EOD\n";
      for (std::size_t k = 0; k < panel.curves[c].y.size(); ++k) {
        script += std::to_string(k + 1) + " " + detail::number(panel.curves[c].y[k]) + "\n";
      }
      script += "EOD\n";
      plot += (c ? ", " : "plot ") + name + " using 1:2 with " + (points == 1 ? "points pointtype 7" : "lines") +
              " linewidth 2 linecolor '" + detail::line_colours[c % detail::line_colours.size()] + "' title " +
              gnuplot_text(panel.curves[c].name);
    }
    script += plot + "\nunset label 1\n";
  }
  run_gnuplot(path, width, height, script + "unset multiplot\n");
}

}  // namespace support
