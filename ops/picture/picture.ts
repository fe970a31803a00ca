import { drawChart, drawStat } from './charts.js';
import { CATEGORIES, escape, type PanelData } from './theme.js';

const WIDTH = 1120;
const MARGIN = 20;
const GAP = 8;
const COLUMNS = 24;
const ROW_HEIGHT = 26;

const LIGHT = ['#0d6b5e', '#c08a3e', '#5672a8', '#b42318', '#7a5ea8', '#6b7280', '#3f8f3f', '#a8527d'];
const DARK = ['#2fa894', '#d6a45c', '#7f9bd1', '#f85149', '#a98bd6', '#9198a1', '#6fbf6f', '#d47fa8'];

const STYLE = [
  '.paper { fill: #f6f5f1 } .card { fill: #ffffff; stroke: #d8d5cd } .grid { stroke: #eceae4 }',
  '.title { fill: #1f2328; font-weight: 600 } .dim { fill: #656d76 } .row { fill: #1f2328; font-weight: 600 }',
  colors(LIGHT),
  '@media (prefers-color-scheme: dark) {',
  '.paper { fill: #0d1117 } .card { fill: #161b22; stroke: #30363d } .grid { stroke: #21262d }',
  '.title, .row { fill: #e6edf3 } .dim { fill: #9198a1 }',
  `${colors(DARK)} }`,
].join(' ');

/** Returns the styles of lines and areas, one for each category. */
function colors(values: readonly string[]): string {
  return values
    .slice(0, CATEGORIES)
    .map((color, index) => `.l${index} { stroke: ${color}; fill: none } .a${index} { fill: ${color} }`)
    .join(' ');
}

/**
 * Draws a board as an SVG that works in light and dark mode without scripts or fonts.
 *
 * @param caption a sentence on the origin of the data
 */
export function drawBoard(title: string, panels: readonly PanelData[], caption: string): string {
  const column = (WIDTH - 2 * MARGIN + GAP) / COLUMNS;
  const top = 64;
  const bottom = Math.max(...panels.map(({ gridPos: { y, h } }) => y + h)) * ROW_HEIGHT + top;
  const parts = panels.map((panel) => {
    const { x, y, w, h } = panel.gridPos;
    const box = {
      x: Math.round(MARGIN + x * column),
      y: top + y * ROW_HEIGHT,
      width: Math.round(w * column - GAP),
      height: h * ROW_HEIGHT - GAP,
    };
    if (panel.type === 'row')
      return `<text class="row" x="${box.x}" y="${box.y + 14}">${escape(panel.title)}</text>`;
    return panel.type === 'stat' ? drawStat(panel, box) : drawChart(panel, box);
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${bottom + MARGIN}" role="img" font-family="system-ui, -apple-system, 'Segoe UI', Helvetica, Arial, sans-serif" font-size="12">`,
    `<title>${escape(title)}</title>`,
    `<style>${STYLE}</style>`,
    `<rect class="paper" width="${WIDTH}" height="${bottom + MARGIN}" rx="14"/>`,
    `<text class="title" x="${MARGIN}" y="32" font-size="18">${escape(title)}</text>`,
    `<text class="dim" x="${MARGIN}" y="50">${escape(caption)}</text>`,
    ...parts,
    '</svg>',
    '',
  ].join('\n');
}
