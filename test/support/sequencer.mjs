// Runs the longest files first, so that no worker is left with one of them at the end. Jest knows durations of earlier
// runs; on a fresh machine it goes by the size of files, and some of the longest tests are in short ones.
import { createRequire } from 'node:module';

const { default: Sequencer } = createRequire(import.meta.url)('@jest/test-sequencer');

/** The longest first, of each tier. */
const LONG = [
  'test/browser/pages',
  'test/asvs/sessions',
  'test/package/applications',
  'test/demo/start',
  'test/demo/live',
  'test/races/store-races',
  'test/store/conformance',
  'test/http/cookie-fuzz',
  'test/history/history',
  'test/load/lost-updates',
  'test/load/limit',
  'test/topology/sentinel-client',
];

export default class LongestFirst extends Sequencer {
  async sort(tests) {
    const rank = ({ path }) => {
      const index = LONG.findIndex((name) => path.includes(name));
      return index < 0 ? LONG.length : index;
    };
    return [...(await super.sort(tests))].sort((one, other) => rank(one) - rank(other));
  }
}
