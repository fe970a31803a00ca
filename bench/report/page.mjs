// Writes the results into the pages, between the markers of their tables, and into the chart.
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { format } from 'prettier';
import { drawChart } from './chart.mjs';
import {
  contentionTable,
  crowdTable,
  growthTable,
  latencyTable,
  memoryTable,
  operationTable,
  otherRequestTable,
  requestTable,
  startupTable,
  targetTable,
} from './tables.mjs';
import { jwtSentence, summary } from './text.mjs';

/** The pages with marked parts. */
export const PAGES = [
  'README.md',
  'docs/reports/performance.md',
  'docs/decisions/0052-targets-of-performance.md',
].map((path) => new URL(`../../${path}`, import.meta.url));
const CHART = new URL('../../docs/images/performance.svg', import.meta.url);
const PRINT_WIDTH = 110;

/** Writers of the parts of a page, by the names of their markers. Each returns null for a part that was not measured. */
export const PARTS = {
  machine: ({ machine, size }) =>
    `Measured: ${machine.text}. ${size.rounds} × ${size.seconds} s for each subject.`,
  summary: ({ requests }) => summary(requests),
  jwt: ({ requests }) => jwtSentence(requests),
  targets: targetTable,
  requests: ({ requests }) => requestTable(requests),
  others: ({ others }) => others && otherRequestTable(others),
  latency: ({ latency }) => latency && latencyTable(latency),
  startup: ({ startup }) => startup && startupTable(startup),
  operations: ({ operations }) => operations && operationTable(operations),
  contention: ({ contention }) => contention && contentionTable(contention),
  memory: ({ memory }) => memory && memoryTable(memory),
  growth: ({ growth }) => growth && growthTable(growth),
  crowd: ({ crowd }) => crowd && crowdTable(crowd),
};

/** Merges new results into the stored ones; parts that were not measured this time keep their last values. */
export async function writeReport(results, resultsFile) {
  const known = await readFile(resultsFile, 'utf8').then(JSON.parse, () => ({}));
  const all = { ...known, ...results };
  await writeFile(
    resultsFile,
    await format(JSON.stringify(all), { parser: 'json', printWidth: PRINT_WIDTH }),
  );
  await writeFile(CHART, drawChart(all.requests, all.machine));
  for (const page of PAGES) {
    const filled = fill(await readFile(page, 'utf8'), all);
    const options = { filepath: fileURLToPath(page), printWidth: PRINT_WIDTH, singleQuote: true };
    await writeFile(page, await format(filled, options));
  }
  console.log(
    '\nWritten: bench/results.json, docs/images/performance.svg, and the tables and figures of the pages.',
  );
}

function fill(page, results) {
  return page.replace(/(<!-- bench: (\w+) -->\n)[^]*?(<!-- \/bench -->)/g, (whole, start, part, end) => {
    const text = PARTS[part](results);
    return text ? `${start}\n${text}\n\n${end}` : whole;
  });
}
