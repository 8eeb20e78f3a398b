"""Style sheet of a report: light and dark, for screen, phone and paper."""

CSS = """
:root {
  color-scheme: light dark;
  --paper: #fff; --ink: #1a1a1a; --soft: #5b5b5b; --rule: #c9c9c9;
  --wash: #f4f4f2; --holds: #12683c; --fails: #a3261b; --undecided: #6b5300;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #171717; --ink: #e8e8e8; --soft: #a8a8a8; --rule: #4a4a4a;
    --wash: #222; --holds: #6fd39d; --fails: #ff9c8f; --undecided: #e3c565;
  }
  figure img { filter: invert(0.91) hue-rotate(180deg); }
}
* { box-sizing: border-box; }
html { background: var(--paper); color: var(--ink);
  -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body { margin: 0 auto; padding: 2.5rem 1.25rem 4rem; max-width: 68rem;
  font: 1rem/1.55 Charter, 'Bitstream Charter', 'Source Serif 4', Cambria,
    'Noto Serif', 'Liberation Serif', 'Times New Roman', serif; }
h1 { font-size: 1.75rem; line-height: 1.2; margin: 0 0 .4rem;
  text-wrap: balance; }
h2 { font-size: 1.2rem; margin: 2.6rem 0 .6rem; line-height: 1.3; }
h3 { font-size: 1rem; margin: 1.4rem 0 .3rem; }
p, li, figcaption, dd { max-width: 44rem; overflow-wrap: break-word; }
p { margin: .5rem 0; }
.source, caption, figcaption, .n { color: var(--soft); }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-size: .9rem; line-height: 1.35;
  font-variant-numeric: tabular-nums lining-nums;
  border-top: .12rem solid; border-bottom: .12rem solid; }
caption { caption-side: top; text-align: left; padding: 0 0 .45rem;
  max-width: 44rem; }
th { font-weight: 600; vertical-align: bottom; }
th, td { padding: .22rem .6rem; text-align: right; white-space: nowrap; }
th.left, td.left { text-align: left; }
tr > :first-child { padding-left: 0; }
tr > :last-child { padding-right: 0; }
th[scope=row] { font-weight: 400; text-align: left; vertical-align: top;
  position: sticky; left: 0; background: var(--paper); }
td { vertical-align: top; }
thead tr:last-child th { border-bottom: .06rem solid; }
th[scope=colgroup] { text-align: center; }
th[scope=colgroup] span { display: block; padding-bottom: .1rem;
  border-bottom: .06rem solid var(--rule); }
.ruled tbody:not(:first-of-type) tr:first-child > * {
  border-top: .06rem solid var(--rule); }
tfoot td, tfoot th { border-top: .06rem solid; }
td.paper, td.difference { color: var(--soft); }
.below { display: block; color: var(--soft); font-size: .8rem; }
.n { font-size: .85em; }
.why { white-space: normal; max-width: 11rem; margin-left: auto;
  line-height: 1.25; }
.claims { list-style: none; margin: 0; padding: 0; }
.claims > li { margin: 0 0 1.1rem; max-width: none; }
.claims p { margin: 0 0 .25rem; font-weight: 600; }
.claims ul { list-style: none; margin: 0; padding: 0; }
.claims ul li { display: grid; grid-template-columns: 6.9rem 1fr; gap: .7rem;
  align-items: baseline; margin: .2rem 0; max-width: none;
  font-variant-numeric: tabular-nums lining-nums; }
.badge { font-size: .8rem; line-height: 1.5; border: .08rem solid;
  border-radius: .25rem; padding: 0 .4rem; text-align: center;
  white-space: nowrap; }
.holds { color: var(--holds); }
.fails { color: var(--fails); border-width: .14rem; }
.undecided { color: var(--undecided); border-style: dashed; }
figure { margin: 1.8rem 0; }
figure img { display: block; max-width: 100%; height: auto; }
figcaption { font-size: .92rem; margin-top: .4rem; }
figcaption strong, caption strong { color: var(--ink); }
pre { background: var(--wash); padding: .7rem .9rem; border-radius: .25rem;
  white-space: pre-wrap; overflow-wrap: anywhere; margin: .5rem 0;
  font-size: .85rem; }
code, pre { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas,
  'Liberation Mono', monospace; }
td code { font-size: .8rem; }
dl { display: grid; grid-template-columns: max-content 1fr; margin: .5rem 0;
  gap: .1rem 1.2rem; font-variant-numeric: tabular-nums lining-nums; }
dd { margin: 0; }
summary { cursor: pointer; margin: .4rem 0; }
@media (max-width: 40rem) {
  body { padding: 1.25rem .9rem 3rem; font-size: .95rem; }
  h1 { font-size: 1.4rem; }
  .claims ul li { grid-template-columns: 1fr; gap: .1rem; margin: .5rem 0; }
  .badge { justify-self: start; }
  figure img.wide { max-width: none; width: 44rem; }
}
@page { size: A4; margin: 16mm 14mm; }
@page wide { size: A4 landscape; }
@media print {
  :root { --paper: #fff; --ink: #000; --soft: #444; --rule: #aaa;
    --wash: #f4f4f2; --holds: #12683c; --fails: #a3261b; --undecided: #6b5300;
    color-scheme: light; }
  figure img { filter: none; }
  html { font-size: 9.5pt; }
  body { padding: 0; max-width: none; font-size: 1rem; }
  th[scope=row] { position: static; }
  figure img { max-height: 240mm; }
  .scroll { overflow: visible; }
  .broad { page: wide; font-size: .8rem; }
  .broad th, .broad td { padding: .2rem .3rem; }
  h2, h3, figcaption, caption { break-after: avoid; }
  tr, .claims > li { break-inside: avoid; }
  figure { break-inside: avoid; }
}
"""
