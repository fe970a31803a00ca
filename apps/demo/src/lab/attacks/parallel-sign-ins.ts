import { VICTIM } from '../../users/demo-users.js';
import type { Transcript } from '../transcript.js';
import type { Attack, Site, Verdict } from './attack.js';
import { isSignedIn } from './attack.js';

const SIGN_INS = 20;
const LIMIT = 2;

export const parallelSignIns: Attack = {
  name: 'parallel-sign-ins',
  title: 'Parallel sign-ins past the limit',
  aim: `${SIGN_INS} sign-ins of one user at the same time, with a limit of ${LIMIT} sessions. A check-then-act race would accept them all.`,
  plainNote:
    'express-session does not track users, so it has no limit. An application that counts sessions itself needs one atomic step.',
  run,
};

async function run(site: Site, transcript: Transcript): Promise<Verdict> {
  const browsers = Array.from({ length: SIGN_INS }, (_, index) => site.browser(`browser ${index + 1}`));
  transcript.step(`${SIGN_INS} browsers sign in at the same time`);
  await Promise.all(browsers.map((browser) => browser.signIn(VICTIM)));
  transcript.step('Each browser requests /api/me');
  const accepted = await Promise.all(browsers.map(isSignedIn));
  const active = accepted.filter(Boolean).length;
  transcript.note(`${active} of ${SIGN_INS} browsers are signed in.`);
  return {
    holds: active === LIMIT,
    says: `${active} sessions are active, with a limit of ${LIMIT}.`,
  };
}
