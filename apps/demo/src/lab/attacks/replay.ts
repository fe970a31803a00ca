import { VICTIM } from '../../users/demo-users.js';
import type { Transcript } from '../transcript.js';
import type { Attack, Site, Verdict } from './attack.js';
import { isLetIn } from './attack.js';

export const replay: Attack = {
  name: 'replay',
  title: 'Replay after sign-out',
  aim: 'A cookie was copied while it was good. Its user has signed out since. Is it still worth something?',
  plainNote:
    'It calls req.session.destroy(), and holds. All that its client is told is that nobody is signed in.',
  run,
};

async function run(site: Site, transcript: Transcript): Promise<Verdict> {
  const victim = site.browser('victim');
  const thief = site.browser('thief');
  transcript.step('The victim signs in');
  await victim.signIn(VICTIM);
  transcript.step('A thief copies the cookie, and it works');
  thief.cookie = victim.cookie;
  await isLetIn(thief);
  transcript.step('The victim signs out');
  await victim.send('POST', '/api/logout');
  transcript.step('The thief comes again');
  return (await isLetIn(thief))
    ? { holds: false, says: 'The copied cookie still opens the session.' }
    : { holds: true, says: 'The session is gone on the server. The copied cookie opens nothing.' };
}
