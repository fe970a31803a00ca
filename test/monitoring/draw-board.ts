/**
 * Draws the board with the data of a run of the demo under load: `npm run docs:board`.
 *
 * The demo must have been built.
 */
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { drawBoard } from '../../ops/picture/picture.js';
import type { PanelData, PanelSeries } from '../../ops/picture/theme.js';
import { ensurePrometheus, HOW_TO_INSTALL_PROMETHEUS } from '../../scripts/prometheus-binary.mjs';
import { type BoardPanel, boardPanels, withVariables } from '../ops/support/board.js';
import type { PrometheusServer, Series } from './support/prometheus-server.js';
import { WatchedDemo } from './support/watched-demo.js';

const PICTURE = fileURLToPath(new URL('../../docs/images/board.svg', import.meta.url));
const LOAD_SECONDS = 90;
/** The first seconds of the run have no rates. */
const SKIPPED_SECONDS = 10;
const STEP_SECONDS = 2;
const WINDOW = '8s';
const TITLE = 'Sessions: the board of nestjs-redis-session';

const programs = ensurePrometheus();
if (!programs) throw new Error(HOW_TO_INSTALL_PROMETHEUS);

const demo = await WatchedDemo.start(programs.server);
try {
  const start = Date.now() / 1000 + SKIPPED_SECONDS;
  await demo.load(LOAD_SECONDS);
  const end = Date.now() / 1000;
  const panels = await Promise.all(boardPanels().map((panel) => dataOf(panel, demo.prometheus, start, end)));
  const caption = `Two processes of the demo, one Redis with a replica, eight visitors for ${LOAD_SECONDS} seconds, scraped by Prometheus`;
  await writeFile(PICTURE, drawBoard(TITLE, panels, caption));
  console.log(PICTURE);
} finally {
  await demo.stop();
}

async function dataOf(
  panel: BoardPanel,
  prometheus: PrometheusServer,
  start: number,
  end: number,
): Promise<PanelData> {
  const { type, title, gridPos, fieldConfig, targets = [] } = panel;
  const series = await Promise.all(
    targets.map(async ({ expr, legendFormat }) => {
      const results = await prometheus.queryRange(withVariables(expr, WINDOW), start, end, STEP_SECONDS);
      return results.map((each) => seriesOf(each, legendFormat));
    }),
  );
  const { unit = 'short', custom } = fieldConfig?.defaults ?? {};
  return {
    type,
    title,
    gridPos,
    unit,
    isStacked: custom?.stacking?.mode === 'normal',
    series: series.flat(),
  };
}

function seriesOf({ metric, values }: Series, legend: string): PanelSeries {
  return {
    name: legend.replaceAll(/\{\{(\w+)\}\}/g, (_part, label: string) => metric[label] ?? ''),
    points: values.map(([seconds, value]) => [seconds, Number(value)]),
  };
}
