import { ATTACKER, VICTIM } from '../../users/demo-users.js';
import type { LabBrowser } from '../lab-browser.js';
import type { Transcript } from '../transcript.js';
import type { Attack, Site, Verdict } from './attack.js';

const BY_SNAPSHOT = 'step 5';
const BY_ATTACKER = 'step 9';

/** The eleven steps of WSTG-SESS-03, "forced cookies". The secure function changes a note on the user's account. */
export const fixation: Attack = {
  name: 'fixation',
  title: 'Session fixation',
  aim: 'The attacker plants a cookie in the victim’s browser before the sign-in, and waits until it is worth something.',
  plainNote:
    'express-session keeps the id over a sign-in unless the application calls req.session.regenerate(). This one, like many, does not. With that call it holds too.',
  run,
};

async function run(site: Site, transcript: Transcript): Promise<Verdict> {
  const browser = site.browser('browser');
  transcript.step('1. Reach the login page, as anybody');
  await browser.send('PUT', '/api/data/color', { value: 'red' });
  transcript.step('2. Keep a snapshot of the cookies: the attacker knows it');
  const snapshot = browser.cookie;
  transcript.note(
    snapshot === null ? 'There is no cookie.' : 'One cookie, which is about to be forced on the victim.',
  );

  transcript.step('3. Sign in as the victim, and reach a function that needs it');
  await browser.signIn(VICTIM);
  await browser.send('PUT', '/api/lab/note', { text: 'mine' });
  transcript.step('4. Put the snapshot in place of the cookies');
  browser.cookie = snapshot;
  transcript.step('5. Trigger the function with the snapshot');
  const byFixation = await writeNote(browser, BY_SNAPSHOT);
  transcript.step('6. Was it performed?');
  transcript.note(
    byFixation
      ? 'Yes: the planted cookie is signed in as the victim.'
      : 'No: the planted cookie opens nothing.',
  );

  const byForce = await forceOnVictim(site, snapshot, transcript);
  if (byFixation)
    return { holds: false, says: 'The cookie from before the sign-in acts as the victim after it.' };
  if (byForce) return { holds: false, says: 'What the attacker triggered was done on the victim’s account.' };
  return {
    holds: true,
    says: 'The sign-in gave a new token and killed the planted one. It opens nothing any more.',
  };
}

/** Steps 7 to 11. @returns whether the attack was successful */
async function forceOnVictim(site: Site, snapshot: string | null, transcript: Transcript): Promise<boolean> {
  const browser = site.browser('browser');
  transcript.step('7. Clear the cookies, sign in as the attacker, reach the function');
  await browser.signIn(ATTACKER);
  await browser.send('GET', '/api/lab/note');
  transcript.step('8. Write the cookies of the snapshot into the jar');
  browser.cookie = snapshot;
  transcript.step('9. Trigger the function again');
  await writeNote(browser, BY_ATTACKER);
  transcript.step('10. Clear the cookies, sign in as the victim again');
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
