import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { boardFile } from './board.js';
import { cloudWatchFile } from './cloudwatch.js';
import { rulesFile, rulesTestFile } from './rules.js';

const FOLDER = new URL('../', import.meta.url);

const WRITERS: Readonly<Record<string, () => string>> = {
  'grafana/nestjs-redis-session.json': boardFile,
  'prometheus/alerts.yml': rulesFile,
  'prometheus/alerts.test.yml': rulesTestFile,
  'cloudwatch/alarms.json': cloudWatchFile,
};

/** A file that is generated from the list of metrics. */
export interface GeneratedFile {
  readonly path: string;
  readonly text: string;
}

/** Generates all files, formatted as in the repository. */
export function generateFiles(): Promise<GeneratedFile[]> {
  return Promise.all(
    Object.entries(WRITERS).map(async ([name, write]) => {
      const path = fileURLToPath(new URL(name, FOLDER));
      return { path, text: await format(write(), { ...(await resolveConfig(path)), filepath: path }) };
    }),
  );
}
