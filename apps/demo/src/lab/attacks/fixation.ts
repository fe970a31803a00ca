import { ATTACKER, VICTIM } from '../../users/demo-users.js';
import type { LabBrowser } from '../lab-browser.js';
import type { Transcript } from '../transcript.js';
import type { Attack, Site, Verdict } from './attack.js';

const BY_SNAPSHOT = 'step 5';
const BY_ATTACKER = 'step 9';

/** Follows the eleven steps of WSTG-SESS-03, "forced cookies". The protected function writes a note of the user. */
export const fixation: Attack = {
  name: 'fixation',
  title: 'Session fixation',
  aim: 'The attacker plants a cookie in the victim’s browser before the sign-in, and uses the same cookie afterwards.',
  plainNote:
    'express-session keeps the ID across a sign-in unless the application calls req.session.regenerate(). This one does not, like many. With that call it would hold too.',
  run,
};

async function run(site: Site, transcript: Transcript): Promise<Verdict> {
  const browser = site.browser('browser');
  transcript.step('1. Open the login page as a visitor');
  await browser.send('PUT', '/api/data/color', { value: 'red' });
  transcript.step('2. Take a snapshot of the cookies, which the attacker knows');
  const snapshot = browser.cookie;
  transcript.note(
    snapshot === null
      ? 'There is no cookie.'
      : 'There is one cookie, which the attacker plants in the victim’s browser.',
  );

  transcript.step('3. Sign in as the victim and call a protected function');
  await browser.signIn(VICTIM);
  await browser.send('PUT', '/api/lab/note', { text: 'mine' });
  transcript.step('4. Replace the cookies with the snapshot');
  browser.cookie = snapshot;
  transcript.step('5. Call the function with the snapshot');
  const byFixation = await writeNote(browser, BY_SNAPSHOT);
  transcript.step('6. Was the function performed?');
  transcript.note(
    byFixation ? 'Yes: the planted cookie is signed in as the victim.' : 'No: the planted cookie is invalid.',
  );

  const byForce = await forceOnVictim(site, snapshot, transcript);
  if (byFixation)
    return { holds: false, says: 'The cookie from before the sign-in is signed in as the victim.' };
  if (byForce) return { holds: false, says: 'The attacker’s call was performed on the victim’s account.' };
  return {
    holds: true,
    says: 'The sign-in issued a new token and invalidated the planted one.',
  };
}

/** Performs the steps 7 to 11. @returns whether the attack succeeded */
async function forceOnVictim(site: Site, snapshot: string | null, transcript: Transcript): Promise<boolean> {
  const browser = site.browser('browser');
  transcript.step('7. Clear the cookies, sign in as the attacker and call the function');
  await browser.signIn(ATTACKER);
  await browser.send('GET', '/api/lab/note');
  transcript.step('8. Restore the cookies of the snapshot');
  browser.cookie = snapshot;
  transcript.step('9. Call the function again');
  await writeNote(browser, BY_ATTACKER);
  transcript.step('10. Clear the cookies and sign in as the victim again');
  browser.cookie = null;
  await browser.signIn(VICTIM);
  transcript.step('11. Was the function performed on the victim’s account?');
  const note = await browser.send('GET', '/api/lab/note');
  const { text } = note.body as { text: string };
  transcript.note(`The victim’s note reads “${text}”.`);
  return text !== 'mine';
}

async function writeNote(browser: LabBrowser, text: string): Promise<boolean> {
  return (await browser.send('PUT', '/api/lab/note', { text })).status === 200;
}
