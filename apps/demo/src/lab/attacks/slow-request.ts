import { setTimeout as delay } from 'node:timers/promises';
import { VICTIM } from '../../users/demo-users.js';
import type { Transcript } from '../transcript.js';
import type { Attack, Site, Verdict } from './attack.js';
import { isSignedIn } from './attack.js';

const SLOW_MS = 700;
const SIGN_OUT_AFTER_MS = 250;

export const slowRequest: Attack = {
  name: 'slow-request',
  title: 'Sign-out during a slow request',
  aim: 'The user signs out while a request is running. Does the save at the end of the request restore the session?',
  plainNote: 'The save is a plain SET, which creates the session again (tj/connect-redis#328).',
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
  transcript.step(`A request of ${SLOW_MS} ms that writes to the session; the user signs out meanwhile`);
  const slow = other.send('POST', '/api/slow', { ms: SLOW_MS, key: 'color', value: 'red' });
  await delay(SIGN_OUT_AFTER_MS);
  await victim.send('POST', '/api/logout');
  await slow;
  transcript.step('A thief sends the cookie of the ended session');
  return (await isSignedIn(thief))
    ? {
        holds: false,
        says: 'The slow request restored the session: the user signed out, and the cookie still works.',
      }
    : { holds: true, says: 'The session stayed ended. The slow request got 401.' };
}
