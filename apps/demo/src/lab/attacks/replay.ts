import { VICTIM } from '../../users/demo-users.js';
import type { Transcript } from '../transcript.js';
import type { Attack, Site, Verdict } from './attack.js';
import { isSignedIn } from './attack.js';

export const replay: Attack = {
  name: 'replay',
  title: 'Replay after sign-out',
  aim: 'A thief copied the cookie of a signed-in user, who has since signed out. Does the copy still work?',
  plainNote:
    'It calls req.session.destroy(), which is enough. Its 401 gives no reason for the end of the session.',
  run,
};

async function run(site: Site, transcript: Transcript): Promise<Verdict> {
  const victim = site.browser('victim');
  const thief = site.browser('thief');
  transcript.step('The victim signs in');
  await victim.signIn(VICTIM);
  transcript.step('A thief copies the cookie, and the copy works');
  thief.cookie = victim.cookie;
  await isSignedIn(thief);
  transcript.step('The victim signs out');
  await victim.send('POST', '/api/logout');
  transcript.step('The thief sends the copied cookie again');
  return (await isSignedIn(thief))
    ? { holds: false, says: 'The copied cookie still works.' }
    : { holds: true, says: 'The server deleted the session, and rejects the copied cookie.' };
}
