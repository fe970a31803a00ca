// What takes long begins first, so that no worker is left alone with it at the end. Where jest has run before, it knows
// by itself; on a fresh machine it goes by the sizes of files, and the longest tests are in short ones.
import { createRequire } from 'node:module';

const { default: Sequencer } = createRequire(import.meta.url)('@jest/test-sequencer');

/** The longest first. */
const LONG = [
  'test/races/store-races',
  'test/browser/pages',
  'test/history/history',
  'test/store/conformance',
  'test/package/applications',
  'test/demo/start',
  'test/races/limit',
  'test/faults/outage',
  'test/demo/live',
  'test/asvs/sessions',
  'test/http/cookie-fuzz',
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
