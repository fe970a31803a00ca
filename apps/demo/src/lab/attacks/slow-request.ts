import { setTimeout as delay } from 'node:timers/promises';
import { VICTIM } from '../../users/demo-users.js';
import type { Transcript } from '../transcript.js';
import type { Attack, Site, Verdict } from './attack.js';
import { isLetIn } from './attack.js';

const SLOW_MS = 700;
const UNDER_WAY_MS = 250;

export const slowRequest: Attack = {
  name: 'slow-request',
  title: 'Sign-out against a slow request',
  aim: 'A request is under way while its user signs out. When it saves the session at its end, does that come back?',
  plainNote: 'Its save is a plain SET, which stores the session again (tj/connect-redis#328).',
  run,
};

async function run(site: Site, transcript: Transcript): Promise<Verdict> {
  const victim = site.browser('victim');
  const other = site.browser('same browser, other tab');
  const thief = site.browser('thief');
  transcript.step('Sign in');
  await victim.signIn(VICTIM);
  other.cookie = victim.cookie;
  thief.cookie = victim.cookie;
  transcript.step(
    `A request begins that takes ${SLOW_MS} ms and writes to the session; meanwhile the user signs out`,
  );
  const slow = other.send('POST', '/api/slow', { ms: SLOW_MS, key: 'color', value: 'red' });
  await delay(UNDER_WAY_MS);
  await victim.send('POST', '/api/logout');
  await slow;
  transcript.step('Somebody comes with the cookie of the ended session');
  return (await isLetIn(thief))
    ? { holds: false, says: 'The slow request brought the session back: signed out, and still in.' }
    : { holds: true, says: 'Nothing came back. The slow request was told that its session had ended.' };
}
