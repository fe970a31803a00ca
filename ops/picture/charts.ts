import { type Box, CATEGORIES, escape, type PanelData, type PanelSeries } from './theme.js';
import { shown } from './units.js';

const PADDING = 10;
const TITLE_HEIGHT = 26;
const AXIS_WIDTH = 54;
const LEGEND_HEIGHT = 22;
const LINES = 3;
/** Approximate width of a letter. */
const LETTER = 6.1;

/** Draws a panel that shows its last value as a number. */
export function drawStat(panel: PanelData, box: Box): string {
  const last = panel.series[0]?.points.findLast(([, value]) => Number.isFinite(value))?.[1];
  const text = last === undefined ? 'no data' : shown(last, panel.unit);
  return (
    card(panel, box) +
    `<text class="a0" x="${box.x + PADDING}" y="${box.y + box.height - 18}" font-size="26" font-weight="600">${escape(text)}</text>`
  );
}

/** Draws a panel with lines, or with areas on top of each other. */
export function drawChart(panel: PanelData, box: Box): string {
  const plot = {
    x: box.x + AXIS_WIDTH,
    y: box.y + TITLE_HEIGHT + 6,
    width: box.width - AXIS_WIDTH - PADDING,
    height: box.height - TITLE_HEIGHT - LEGEND_HEIGHT - 14,
  };
  const series = busiest(panel.series);
  const layers = panel.isStacked ? stacked(series) : series.map(({ points }) => ({ points, base: null }));
  const values = layers.flatMap(({ points }) => points.map(([, value]) => value)).filter(Number.isFinite);
  const top = niceTop(Math.max(0, ...values), panel.unit === 'bytes');
  const at = projection(
    plot,
    layers.flatMap(({ points }) => points.map(([time]) => time)),
    top,
  );
  const shapes = layers
    .map(({ points, base }, index) => (base ? area(points, base, index, at) : '') + line(points, index, at))
    .reverse();
  return card(panel, box) + axis(plot, top, panel.unit) + shapes.join('') + legend(series, box);
}

/** Returns the series with the highest values, as many as there are colours. */
function busiest(series: readonly PanelSeries[]): readonly PanelSeries[] {
  const peak = ({ points }: PanelSeries) =>
    Math.max(0, ...points.map(([, value]) => value).filter(Number.isFinite));
  return [...series].sort((one, other) => peak(other) - peak(one)).slice(0, CATEGORIES);
}

type Points = PanelSeries['points'];

/** Returns the upper and lower edge of each area. Series without a value at a time count as 0 there. */
function stacked(series: readonly PanelSeries[]): { readonly points: Points; readonly base: Points }[] {
  const times = [...new Set(series.flatMap(({ points }) => points.map(([time]) => time)))].sort(
    (a, b) => a - b,
  );
  let below: Points = times.map((time) => [time, 0] as const);
  return series.map(({ points }) => {
    const values = new Map(points);
    const base = below;
    below = base.map(([time, value]) => [time, value + finite(values.get(time))] as const);
    return { points: below, base };
  });
}

/** Returns a value, or 0 in place of none. */
function finite(value = 0): number {
  return Number.isFinite(value) ? value : 0;
}

type Projection = (point: readonly [number, number]) => string;

/** Returns a function that places a point in the plot. */
function projection(plot: Box, times: readonly number[], top: number): Projection {
  const [first, last] = [Math.min(...times), Math.max(...times)];
  const span = Math.max(1, last - first);
  return ([time, value]) => {
    const x = plot.x + ((time - first) / span) * plot.width;
    const y = plot.y + plot.height - (value / top) * plot.height;
    return `${Math.round(x)} ${Math.round(y * 10) / 10}`;
  };
}

function line(points: Points, index: number, at: Projection): string {
  const known = points.filter(([, value]) => Number.isFinite(value));
  if (known.length === 0) return '';
  return `<path class="l${index}" stroke-width="1.5" d="M${known.map(at).join('L')}"/>`;
}

function area(points: Points, base: Points, index: number, at: Projection): string {
  if (points.length === 0) return '';
  const edge = [...points, ...[...base].reverse()];
  return `<path class="a${index}" fill-opacity="0.2" d="M${edge.map(at).join('L')}Z"/>`;
}

/** Returns the smallest round number that is not below a value: a power of two, or one, two, three or five times a power of ten. */
function niceTop(value: number, isBinary: boolean): number {
  if (value <= 0) return 1;
  if (isBinary) return 2 ** Math.ceil(Math.log2(value));
  const power = 10 ** Math.floor(Math.log10(value));
  return ([1, 2, 3, 5, 10].find((factor) => factor * power >= value) as number) * power;
}

function axis(plot: Box, top: number, unit: string): string {
  return Array.from({ length: LINES }, (_, index) => {
    const share = index / (LINES - 1);
    const y = plot.y + plot.height * (1 - share);
    const label = shown(top * share, unit);
    return (
      `<path class="grid" d="M${plot.x} ${y}h${plot.width}"/>` +
      `<text class="dim" x="${plot.x - 6}" y="${y + 4}" text-anchor="end" font-size="10">${escape(label)}</text>`
    );
  }).join('');
}

/** Draws the names of the series that fit. */
function legend(series: readonly PanelSeries[], box: Box): string {
  let x = box.x + PADDING;
  const y = box.y + box.height - PADDING;
  const parts: string[] = [];
  for (const [index, { name }] of series.entries()) {
    const width = 16 + name.length * LETTER + 10;
    if (x + width > box.x + box.width - PADDING) break;
    parts.push(
      `<rect class="a${index}" x="${Math.round(x)}" y="${y - 8}" width="9" height="9" rx="2"/>` +
        `<text class="dim" x="${Math.round(x) + 14}" y="${y}" font-size="11">${escape(name)}</text>`,
    );
    x += width;
  }
  return parts.join('');
}

function card({ title }: PanelData, { x, y, width, height }: Box): string {
  return (
    `<rect class="card" x="${x}" y="${y}" width="${width}" height="${height}" rx="8"/>` +
    `<text class="title" x="${x + PADDING}" y="${y + 20}">${escape(title)}</text>`
  );
}
