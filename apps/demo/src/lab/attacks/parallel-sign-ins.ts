import { VICTIM } from '../../users/demo-users.js';
import type { Transcript } from '../transcript.js';
import type { Attack, Site, Verdict } from './attack.js';
import { isLetIn } from './attack.js';

const SIGN_INS = 20;
const LIMIT = 2;

export const parallelSignIns: Attack = {
  name: 'parallel-sign-ins',
  title: 'Parallel sign-ins past the limit',
  aim: `${SIGN_INS} sign-ins of one user at the same moment, where ${LIMIT} sessions are allowed. Check-then-act lets them all in.`,
  plainNote:
    'express-session does not know users, so there is no limit to hold. An application that counts for itself has to do it in one step, or loses this race.',
  run,
};

async function run(site: Site, transcript: Transcript): Promise<Verdict> {
  const browsers = Array.from({ length: SIGN_INS }, (_, index) => site.browser(`browser ${index + 1}`));
  transcript.step(`${SIGN_INS} browsers sign in at once`);
  await Promise.all(browsers.map((browser) => browser.signIn(VICTIM)));
  transcript.step('Which of them are in?');
  const areIn = await Promise.all(browsers.map(isLetIn));
  const live = areIn.filter(Boolean).length;
  transcript.note(`${live} of ${SIGN_INS} are signed in.`);
  return {
    holds: live === LIMIT,
    says: `${live} sessions are live, where ${LIMIT} are allowed.`,
  };
}
