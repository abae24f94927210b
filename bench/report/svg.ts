/**
 * SVG: one plot as a picture that is read on light and dark pages alike, without a font or script of its own.
 * In:  a Plot.   Out: the text of an .svg file; the same plot gives the same text.
 * Law: nothing is drawn outside of the frame; what cannot stand on a logarithmic axis (0 and below) stands at its foot.
 */
import type { Axis, Plot, Series } from "../scenario.ts";

const WIDTH = 760;
const HEIGHT = 400;
const FRAME = { left: 76, right: 20, top: 44, bottom: 52 };
const LEGEND_ROW = 18;
const LEGEND_TOP = 12;
const DECADES_MAX = 7;

const STYLE = `
  text { font: 12px system-ui, sans-serif; fill: #24292f; }
  .title { font-size: 15px; font-weight: 600; }
  .over { paint-order: stroke; stroke: #ffffff; stroke-width: 4px; }
  .paper { fill: #ffffff; }
  .grid { stroke: #d0d7de; stroke-width: 1; }
  .frame { stroke: #57606a; fill: none; }
  .mark { stroke: #57606a; stroke-width: 1.5; stroke-dasharray: 6 4; }
  .curve { fill: none; stroke-width: 2; stroke-linejoin: round; }
  .s0 { stroke: #0969da; fill: #0969da; } .s1 { stroke: #bc4c00; fill: #bc4c00; } .s2 { stroke: #1a7f37; fill: #1a7f37; }
  .s3 { stroke: #8250df; fill: #8250df; } .s4 { stroke: #a40e26; fill: #a40e26; } .s5 { stroke: #6e7781; fill: #6e7781; }
  .curve.s0, .curve.s1, .curve.s2, .curve.s3, .curve.s4, .curve.s5 { fill: none; }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3; } .over { stroke: #0d1117; } .paper { fill: #0d1117; } .grid { stroke: #30363d; }
    .frame { stroke: #8b949e; } .mark { stroke: #8b949e; }
    .s0 { stroke: #58a6ff; fill: #58a6ff; } .s1 { stroke: #f0883e; fill: #f0883e; } .s2 { stroke: #3fb950; fill: #3fb950; }
    .s3 { stroke: #bc8cff; fill: #bc8cff; } .s4 { stroke: #ff7b72; fill: #ff7b72; } .s5 { stroke: #8b949e; fill: #8b949e; }
    .curve.s0, .curve.s1, .curve.s2, .curve.s3, .curve.s4, .curve.s5 { fill: none; }
  }`;
const COLOURS = 6;

/** Where a value stands along an axis, 0 to 1, and what is written there. */
type Ruler = { place(value: number): number; readonly ticks: readonly { at: number; label: string }[] };

export function svgOf(plot: Plot): string {
  const legendRows = Math.ceil(plot.series.length / 3);
  const height = HEIGHT + LEGEND_TOP + legendRows * LEGEND_ROW;
  const points = plot.series.flatMap((series) => series.points);
  const xs = points.map(([x]) => x);
  const ys = [...points.map(([, y]) => y), ...(plot.lines ?? []).map(({ y }) => y)];
  const x = rulerOf(plot.x, plot.bars ? xs.flatMap((at) => [at - 0.6, at + 0.6]) : xs);
  const y = rulerOf(plot.y, plot.y.scale === "linear" ? [0, ...ys] : ys);
  const across = WIDTH - FRAME.left - FRAME.right;
  const down = HEIGHT - FRAME.top - FRAME.bottom;
  const at = {
    x: (value: number) => FRAME.left + x.place(value) * across,
    y: (value: number) => FRAME.top + (1 - y.place(value)) * down,
  };
  const foot = FRAME.top + down;
  const parts = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-label="${escaped(plot.title)}">`,
    `<style>${STYLE}\n</style>`,
    `<rect class="paper" width="${WIDTH}" height="${height}"/>`,
    `<text class="title" x="${FRAME.left}" y="24">${escaped(plot.title)}</text>`,
    ...y.ticks.map(({ at: value, label }) => {
      const line = at.y(value);
      return `<path class="grid" d="M${FRAME.left} ${px(line)}H${WIDTH - FRAME.right}"/><text x="${FRAME.left - 8}" y="${px(line + 4)}" text-anchor="end">${escaped(label)}</text>`;
    }),
    ...x.ticks.map(({ at: value, label }) => {
      const line = at.x(value);
      const grid = plot.bars ? "" : `<path class="grid" d="M${px(line)} ${FRAME.top}V${foot}"/>`;
      return `${grid}<text x="${px(line)}" y="${foot + 18}" text-anchor="middle">${escaped(label)}</text>`;
    }),
    `<rect class="frame" x="${FRAME.left}" y="${FRAME.top}" width="${across}" height="${down}"/>`,
    `<text x="${FRAME.left + across / 2}" y="${foot + 38}" text-anchor="middle">${escaped(plot.x.label)}</text>`,
    `<text transform="translate(16 ${FRAME.top + down / 2}) rotate(-90)" text-anchor="middle">${escaped(plot.y.label)}</text>`,
    ...plot.series.map((series, index) =>
      plot.bars ? barsOf(series, index, { at, foot }) : curveOf(series, index, at),
    ),
    ...(plot.lines ?? []).map(({ label, y: value }) => {
      const line = at.y(value);
      return `<path class="mark" d="M${FRAME.left} ${px(line)}H${WIDTH - FRAME.right}"/><text class="over" x="${WIDTH - FRAME.right - 6}" y="${px(line - 5)}" text-anchor="end">${escaped(label)}</text>`;
    }),
    ...plot.series.map(({ name }, index) => {
      const left = FRAME.left + (index % 3) * 225;
      const line = HEIGHT + LEGEND_TOP + Math.floor(index / 3) * LEGEND_ROW;
      return `<rect class="s${index % COLOURS}" x="${left}" y="${line - 9}" width="14" height="8"/><text x="${left + 20}" y="${line}">${escaped(name)}</text>`;
    }),
    "</svg>",
  ];
  return `${parts.filter((part) => part !== "").join("\n")}\n`;
}

type Places = { x(value: number): number; y(value: number): number };

function curveOf({ points }: Series, index: number, at: Places): string {
  if (points.length === 0) return "";
  const path = points.map(([x, y], step) => `${step === 0 ? "M" : "L"}${px(at.x(x))} ${px(at.y(y))}`).join("");
  return `<path class="curve s${index % COLOURS}" d="${path}"/>`;
}

function barsOf({ points }: Series, index: number, { at, foot }: { at: Places; foot: number }): string {
  return points
    .map(([x, y]) => {
      const top = at.y(y);
      const [left, right] = [at.x(x - 0.3), at.x(x + 0.3)];
      return `<rect class="s${index % COLOURS}" x="${px(left)}" y="${px(top)}" width="${px(right - left)}" height="${px(Math.max(0, foot - top))}"/>`;
    })
    .join("\n");
}

function rulerOf(axis: Axis, values: readonly number[]): Ruler {
  return axis.scale === "log" ? logRuler(axis, values) : linearRuler(axis, values);
}

function linearRuler(axis: Axis, values: readonly number[]): Ruler {
  const least = Math.min(...values, Number.POSITIVE_INFINITY);
  const most = Math.max(...values, Number.NEGATIVE_INFINITY);
  const from = Number.isFinite(least) ? least : 0;
  const range = most > from ? (most - from) * (axis.ticks ? 1 : 1.04) : 1;
  const step = roundStep(range / 6);
  const ticks: { at: number; label: string }[] = [];
  for (let count = Math.ceil(from / step); count * step <= from + range; count++) {
    ticks.push({ at: count * step, label: short(Number((count * step).toPrecision(12))) });
  }
  const inside = axis.ticks?.filter(({ at }) => at >= from && at <= from + range);
  return { place: (value) => clamped((value - from) / range), ticks: inside ?? ticks };
}

function logRuler(axis: Axis, values: readonly number[]): Ruler {
  const above = values.filter((value) => value > 0);
  const to = Math.ceil(Math.log10(Math.max(...above, 1e-9)) - 1e-9);
  const from = Math.max(to - DECADES_MAX, Math.floor(Math.log10(Math.min(...above, 10 ** to / 10)) + 1e-9));
  const ticks: { at: number; label: string }[] = [];
  for (let decade = from; decade <= to; decade++) ticks.push({ at: 10 ** decade, label: short(10 ** decade) });
  const place = (value: number) => (value <= 0 ? 0 : clamped((Math.log10(value) - from) / (to - from)));
  return { place, ticks: axis.ticks ?? ticks };
}

/** 1, 2 or 5 times a power of ten, not below. */
function roundStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least));
  return power * ([1, 2, 5].find((times) => times * power >= least) ?? 10);
}

function short(value: number): string {
  if (Math.abs(value) >= 1e6) return `${Number((value / 1e6).toPrecision(3))} M`;
  if (Math.abs(value) >= 1e4) return `${Number((value / 1e3).toPrecision(3))} k`;
  return String(Number(value.toPrecision(3)));
}

function clamped(share: number): number {
  return Math.min(1, Math.max(0, share));
}

function px(value: number): string {
  return String(Number(value.toFixed(1)));
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
