import { setTimeout as delay } from 'node:timers/promises';
import { VICTIM } from '../../users/demo-users.js';
import type { Transcript } from '../transcript.js';
import type { Attack, Site, Verdict } from './attack.js';
import { isSignedIn } from './attack.js';

const SLOW_MS = 700;
/** Duration of a second try, on a machine so busy that the sign-out came after the end of the first request. */
const SECOND_TRY_MS = 2_000;
const SIGN_OUT_AFTER_MS = 250;

export const slowRequest: Attack = {
  name: 'slow-request',
  title: 'Sign-out during a slow request',
  aim: 'The user signs out while a request is running. Does the save at the end of the request restore the session?',
  plainNote: 'The save is a plain SET, which creates the session again (tj/connect-redis#328).',
  run,
};

async function run(site: Site, transcript: Transcript, slowMs = SLOW_MS): Promise<Verdict> {
  const victim = site.browser('victim');
  const other = site.browser('same browser, other tab');
  const thief = site.browser('thief');
  transcript.step('Sign in');
  await victim.signIn(VICTIM);
  other.cookie = victim.cookie;
  thief.cookie = victim.cookie;
  transcript.step(`A request of ${slowMs} ms that writes to the session; the user signs out meanwhile`);
  let isSlowAnswered = false;
  const slow = other.send('POST', '/api/slow', { ms: slowMs, key: 'color', value: 'red' });
  const noteAnswer = () => void (isSlowAnswered = true);
  slow.then(noteAnswer, noteAnswer);
  await delay(SIGN_OUT_AFTER_MS);
  await victim.send('POST', '/api/logout');
  if (isSlowAnswered && slowMs < SECOND_TRY_MS) {
    transcript.note('The sign-out came after the request had ended. Once more, with a slower request.');
    return run(site, transcript, SECOND_TRY_MS);
  }
  await slow;
  transcript.step('A thief sends the cookie of the ended session');
  return (await isSignedIn(thief))
    ? {
        holds: false,
        says: 'The slow request restored the session: the user signed out, and the cookie still works.',
      }
    : { holds: true, says: 'The session stayed ended. The slow request got 401.' };
}
