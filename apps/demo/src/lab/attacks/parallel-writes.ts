import { VICTIM } from '../../users/demo-users.js';
import type { Transcript } from '../transcript.js';
import type { Attack, Site, Verdict } from './attack.js';

const WRITES = 100;

export const parallelWrites: Attack = {
  name: 'parallel-writes',
  title: '100 parallel writes',
  aim: `${WRITES} requests change ${WRITES} fields of one session at once, as a busy page does. How many changes survive?`,
  plainNote: 'Each request loads the whole session and stores the whole session. The last one to store wins.',
  run,
};

async function run(site: Site, transcript: Transcript): Promise<Verdict> {
  const browser = site.browser('browser');
  transcript.step('Sign in');
  await browser.signIn(VICTIM);
  transcript.step(`${WRITES} requests at once, each to a field of its own`);
  const fields = Array.from({ length: WRITES }, (_, index) => `field${index}`);
  await Promise.all(fields.map((field) => browser.send('PUT', `/api/data/${field}`, { value: field })));
  transcript.step('Which fields are there?');
  const { body } = await browser.send('GET', '/api/data');
  const kept = fields.filter((field) => (body as Record<string, unknown>)[field] === field).length;
  return { holds: kept === WRITES, says: `${kept} of ${WRITES} changes are there.` };
}
