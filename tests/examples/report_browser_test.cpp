// The pages of classifier report in a real browser. Skipped where there is no Chromium.

#include <string>

#include "browser.hpp"
#include "program.hpp"

namespace report_browser_test {

using namespace classifier_test;

// what sticks out of the page, but for what scrolls by itself
constexpr const char* sticks_out = R"js((() => {
  for (const d of document.querySelectorAll('details')) d.open = true;
  const wide = document.documentElement.clientWidth;
  const out = document.documentElement.scrollWidth > wide ? ['the page: ' + document.documentElement.scrollWidth] : [];
  for (const e of document.querySelectorAll('body *')) {
    if (e.closest('.scroll') && !e.matches('.scroll')) continue;
    const r = e.getBoundingClientRect();
    if (r.width > 0 && (r.right > wide + 1 || r.left < -1)) out.push(e.tagName + ' ' + e.className + ' ' + r.right);
  }
  return out.slice(0, 5).join('; ');
})())js";

// texts that are too faint on what they stand on: less than 4.5 to 1 (WCAG 2, AA), on shades 3 to 1
constexpr const char* too_faint = R"js((() => {
  const parse = c => c.match(/[\d.]+/g).map(Number);
  const light = c => c.slice(0, 3).map(v => v / 255).map(v => v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4)
    .reduce((s, v, i) => s + v * [.2126, .7152, .0722][i], 0);
  const paper = parse(getComputedStyle(document.body).backgroundColor);
  const out = [];
  for (const e of document.querySelectorAll('p, li, td, th, dt, dd, a, h1, h2, h3, h4, figcaption, code, summary, .word, svg text')) {
    if (!e.textContent.trim()) continue;
    const style = getComputedStyle(e), svg = e.namespaceURI.endsWith('svg');
    let under = paper, least = 4.5;
    const before = getComputedStyle(e, '::before');
    if (e.matches('.matrix td, .word') && before.content !== 'none') {
      const p = parseFloat(before.opacity), shade = parse(before.backgroundColor);
      under = paper.map((v, i) => v * (1 - p) + shade[i] * p);
      least = 3;
    }
    const a = light(parse(svg ? style.fill : style.color)), b = light(under);
    const contrast = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
    if (contrast < least) out.push(e.tagName + ' ' + e.textContent.slice(0, 20) + ' ' + contrast.toFixed(2));
  }
  return out.slice(0, 5).join('; ');
})())js";

class ReportInABrowser : public Classifier {
 protected:
  void expect_shown(test_support::Browser& browser, const std::string& file) const {
    const fs::path path = fs::absolute(folder / file);
    for (const int width : {360, 768, 1600}) {
      for (const bool dark : {false, true}) {
        const std::string where = file + ", " + std::to_string(width) + (dark ? ", dark" : ", light");
        browser.look(width, dark);
        browser.open(path);
        EXPECT_EQ(browser.ask("String(innerWidth)"), std::to_string(width)) << where;
        EXPECT_EQ(browser.ask(sticks_out), "") << where;
        EXPECT_EQ(browser.ask(too_faint), "") << where;
        EXPECT_EQ(browser.ask("String(matchMedia('(prefers-color-scheme: dark)').matches)"), dark ? "true" : "false");
        for (const char* fault : {"Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Log.entryAdded"}) {
          for (const std::string& event : browser.events_of(fault)) ADD_FAILURE() << where << ": " << event;
        }
        const auto requests = browser.events_of("Network.requestWillBeSent");
        EXPECT_EQ(requests.size(), 1U) << where << ": the page itself, and nothing else";
      }
    }
  }
  void write_page(const std::string& model, const std::string& data, const std::string& page) const {
    output_of("report --model " + model + " --data " + data + " --output " + page);
  }
};

TEST_F(ReportInABrowser, FitsAllWidthsInBothSchemesAndAsksForNothing) {
  const auto program = test_support::chromium();
  if (!program) GTEST_SKIP() << "there is no Chromium";
  heed::Tensor<float, 3> x({120, 30, 3});
  std::string labels;
  for (heed::Index i = 0; i < 120; ++i) {
    labels += "a_class_with_quite_a_long_name_" + std::to_string(i % 15) + '\n';
    for (heed::Index k = 0; k < 90; ++k) x(i, k / 3, k % 3) = static_cast<float>((i % 15) * (k % 7) + (i * k) % 5);
  }
  heed::write_npy(folder / "x.npy", x);
  folder.file("y.txt", labels);
  write_csv();
  write_text();
  std::string rows;
  for (int i = 0; i < 40; ++i) rows += std::to_string(i) + ",1,2," + std::to_string(i * i) + ".5\n";
  folder.file("n.csv", rows);
  output_of(
      "train --epochs 3 --quiet --log l.csv --data x.npy --labels y.txt --attention multihead --model c.safetensors");
  output_of("train --recipe rocket --num-features 84 --quiet --data d.csv --model r.safetensors");
  output_of("train --epochs 3 --quiet --text t.txt --model t.safetensors");
  output_of("train --epochs 3 --quiet --task regression --data n.csv --model n.safetensors");
  write_page("c.safetensors", "x.npy --labels y.txt --log l.csv", "c.html");
  write_page("r.safetensors", "d.csv", "r.html");
  write_page("t.safetensors", "t.txt", "t.html");
  write_page("n.safetensors", "n.csv", "n.html");

  test_support::Browser browser(*program, folder / "profile");
  for (const char* page : {"c.html", "r.html", "t.html", "n.html"}) expect_shown(browser, page);

  // the checks themselves can fail
  folder.file(
      "bad.html",
      "<!DOCTYPE html><html lang=\"en\"><body style=\"background:#fff\"><p style=\"width:2000px;color:#ddd\">x</p>"
      "<img src=\"none.png\" alt=\"\"><script>console.error('no')</script></body></html>");
  browser.look(360, false);
  browser.open(fs::absolute(folder / "bad.html"));
  EXPECT_NE(browser.ask(sticks_out), "");
  EXPECT_NE(browser.ask(too_faint), "");
  EXPECT_TRUE(browser.happened("Runtime.consoleAPICalled"));
  EXPECT_GT(browser.events_of("Network.requestWillBeSent").size(), 1U);
}

}  // namespace report_browser_test
