import { VICTIM } from '../../users/demo-users.js';
import type { Transcript } from '../transcript.js';
import type { Attack, Site, Verdict } from './attack.js';

const WRITES = 100;

export const parallelWrites: Attack = {
  name: 'parallel-writes',
  title: 'Lost updates in 100 parallel writes',
  aim: `${WRITES} parallel requests each write their own field of one session, as a busy page does. How many writes survive?`,
  plainNote:
    'Each request loads and saves the whole session, and the last save wins. The number of lost writes varies from run to run.',
  run,
};

async function run(site: Site, transcript: Transcript): Promise<Verdict> {
  const browser = site.browser('browser');
  transcript.step('Sign in');
  await browser.signIn(VICTIM);
  transcript.step(`${WRITES} parallel requests, each to its own field`);
  const fields = Array.from({ length: WRITES }, (_, index) => `field${index}`);
  await Promise.all(fields.map((field) => browser.send('PUT', `/api/data/${field}`, { value: field })));
  transcript.step('Read all fields');
  const { body } = await browser.send('GET', '/api/data');
  const kept = fields.filter((field) => (body as Record<string, unknown>)[field] === field).length;
  return { holds: kept === WRITES, says: `${kept} of ${WRITES} writes survived.` };
}
