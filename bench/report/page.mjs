// Writes the results into docs/reports/performance.md, between the markers of its tables, and into the chart.
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { format } from 'prettier';
import { drawChart } from './chart.mjs';
import {
  contentionTable,
  crowdTable,
  growthTable,
  memoryTable,
  operationTable,
  requestTable,
  targetTable,
} from './tables.mjs';

const PAGE = new URL('../../docs/reports/performance.md', import.meta.url);
const CHART = new URL('../../docs/images/performance.svg', import.meta.url);
const PRINT_WIDTH = 110;

const PARTS = {
  machine: ({ machine, size }) =>
    `Measured: ${machine.text}. ${size.rounds} rounds of ${size.seconds} s for each subject.`,
  targets: targetTable,
  requests: ({ requests }) => requestTable(requests),
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
  const filled = fill(await readFile(PAGE, 'utf8'), all);
  await writeFile(
    PAGE,
    await format(filled, { filepath: fileURLToPath(PAGE), printWidth: PRINT_WIDTH, singleQuote: true }),
  );
  console.log('\nWritten: bench/results.json, docs/reports/performance.md and docs/images/performance.svg.');
}

function fill(page, results) {
  return page.replace(/(<!-- bench: (\w+) -->\n)[^]*?(<!-- \/bench -->)/g, (whole, start, part, end) => {
    const text = PARTS[part](results);
    return text ? `${start}\n${text}\n\n${end}` : whole;
  });
}
