#pragma once

// How a report looks: calm, in light and in dark, from telephones to wide screens. Colours are those that everybody can
// tell apart (Okabe and Ito 2008), lighter ones on dark.

#include <string_view>

namespace classifier::page {

inline constexpr std::string_view style = R"css(
:root {
  color-scheme: light dark;
  --paper: #ffffff; --raised: #f6f7f9; --ink: #1d2329; --soft: #5a6470; --line: #dde1e6; --link: #0a58a8;
  --heat: #0b5cad; --miss: #b84a00; --on-deep: #ffffff; --on-middle: #1d2329;
  --c0: #0072b2; --c1: #d55e00; --c2: #009e73; --c3: #b0568a; --c4: #a87400; --c5: #2f8fc4;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #14171b; --raised: #1c2026; --ink: #e4e8ec; --soft: #a3adb8; --line: #343b44; --link: #8cc4ff;
    --heat: #7cc0ff; --miss: #ff9d5c; --on-deep: #14171b; --on-middle: #14171b;
    --c0: #56b4e9; --c1: #ff8a3c; --c2: #2fc79a; --c3: #e28fc0; --c4: #e6b422; --c5: #a5d8f5;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; scroll-behavior: smooth; }
@media (prefers-reduced-motion: reduce) { html { scroll-behavior: auto; } }
body {
  margin: 0; background: var(--paper); color: var(--ink);
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "DejaVu Sans", sans-serif;
  overflow-wrap: anywhere;
}
header, main, footer { max-width: 1180px; margin: 0 auto; padding: 0 16px; }
header { padding-top: 28px; }
h1 { font-size: 1.7rem; line-height: 1.25; margin: 0 0 4px; }
h2 { font-size: 1.3rem; margin: 48px 0 8px; padding-top: 12px; border-top: 1px solid var(--line); }
h3 { font-size: 1.05rem; margin: 24px 0 8px; }
h4 { font-size: 1rem; margin: 0 0 6px; }
p { max-width: 72ch; margin: 8px 0; }
a { color: var(--link); }
code { font: .92em ui-monospace, "DejaVu Sans Mono", monospace; }
pre { background: var(--raised); border: 1px solid var(--line); border-radius: 6px; padding: 10px 12px; margin: 0;
  white-space: pre-wrap; }
.plan, .note, figcaption { color: var(--soft); }
.note, figcaption { font-size: .9rem; }
nav ul, .key { list-style: none; padding: 0; display: flex; flex-wrap: wrap; gap: 4px 16px; margin: 12px 0; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: 10px; margin: 16px 0; }
.tiles div { background: var(--raised); border: 1px solid var(--line); border-radius: 8px; padding: 10px 14px; }
.tiles dt { color: var(--soft); font-size: .88rem; }
.tiles dd { margin: 0; font-size: 1.35rem; font-variant-numeric: tabular-nums; }
.cards, .charts { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 330px), 1fr)); gap: 16px;
  align-items: start; }
.charts { grid-template-columns: repeat(auto-fit, minmax(min(100%, 330px), 1fr)); }
.maps { display: grid; grid-template-columns: repeat(auto-fill, minmax(140px, 190px)); gap: 16px; }
figure { margin: 8px 0; max-width: 440px; }
.card { border: 1px solid var(--line); border-radius: 8px; padding: 12px; min-width: 0; }
.card h3, .card h4 { margin: 0 0 6px; }
.pairs { display: grid; grid-template-columns: max-content 1fr; gap: 0 12px; margin: 0 0 8px; }
.pairs dt { color: var(--soft); }
.pairs dd { margin: 0; min-width: 0; }
.scroll { overflow-x: auto; max-width: 100%; margin: 12px 0; }
.scroll:focus-visible, a:focus-visible, summary:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
table { border-collapse: collapse; font-size: .94rem; }
caption { text-align: left; color: var(--soft); font-size: .9rem; padding-bottom: 4px; }
th, td { padding: 4px 10px; text-align: left; border-bottom: 1px solid var(--line); overflow-wrap: normal; }
th { font-weight: 600; }
thead th { white-space: nowrap; color: var(--soft); vertical-align: bottom; }
.number, .matrix td, .matrix thead th:not(:first-child) { text-align: right; font-variant-numeric: tabular-nums; }
.figures th[scope="row"], .matrix th { white-space: nowrap; }
.mean th, .mean td { border-top: 2px solid var(--soft); }
.facts td { overflow-wrap: anywhere; }
.matrix td, .word, .meter { position: relative; isolation: isolate; }
.matrix td { min-width: 38px; padding: 4px 8px; border: 1px solid var(--line); }
.matrix td::before, .word::before { content: ""; position: absolute; inset: 0; z-index: -1; opacity: var(--p, 0);
  background: var(--heat); }
.matrix td.miss::before { background: var(--miss); }
.matrix td.none { color: var(--soft); }
.middle { color: var(--on-middle); }
.deep { color: var(--on-deep); }
.meter::before { content: ""; position: absolute; left: 6px; right: 6px; bottom: 1px; height: 3px; background: var(--line); }
.meter::after { content: ""; position: absolute; left: 6px; bottom: 1px; height: 3px; background: var(--c0);
  width: calc((100% - 12px) * var(--p, 0)); }
.sentence { line-height: 1.9; margin: 4px 0; }
.word { padding: 1px 4px; border-radius: 4px; }
.word::before { border-radius: 4px; }
.unknown { text-decoration: underline dotted; text-underline-offset: 3px; }
.chip { display: inline-block; width: 12px; height: 12px; border-radius: 2px; margin-right: 6px; vertical-align: -1px; }
summary { cursor: pointer; color: var(--link); }
svg { display: block; width: 100%; height: auto; }
svg text { fill: var(--ink); font: 11.5px system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; }
svg .strong { font-weight: 600; font-size: 13px; }
.grid { stroke: var(--line); } .axis { stroke: var(--soft); fill: none; }
.ideal { stroke: var(--soft); stroke-dasharray: 5 4; }
.frame { fill: none; stroke: var(--line); } .heat { fill: var(--heat); }
.part { fill: var(--raised); stroke: var(--soft); } .part.input { stroke-dasharray: 4 3; }
.curve { fill: none; stroke-width: 2; stroke-linejoin: round; } .thin { stroke-width: 1.4; }
.faint { fill-opacity: .6; }
.c0 { fill: var(--c0); background: var(--c0); } .c1 { fill: var(--c1); background: var(--c1); }
.c2 { fill: var(--c2); background: var(--c2); } .c3 { fill: var(--c3); background: var(--c3); }
.c4 { fill: var(--c4); background: var(--c4); } .c5 { fill: var(--c5); background: var(--c5); }
.curve.c0 { stroke: var(--c0); } .curve.c1 { stroke: var(--c1); } .curve.c2 { stroke: var(--c2); }
.curve.c3 { stroke: var(--c3); } .curve.c4 { stroke: var(--c4); } .curve.c5 { stroke: var(--c5); }
path.curve { fill: none; }
footer { color: var(--soft); padding-top: 32px; padding-bottom: 40px; font-size: .9rem; }
@media (max-width: 480px) { th, td, .matrix td { padding: 4px 6px; } }
@media print { nav { display: none; } .card, figure { break-inside: avoid; } }
)css";

}  // namespace classifier::page
