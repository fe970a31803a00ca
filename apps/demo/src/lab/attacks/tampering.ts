import { VICTIM } from '../../users/demo-users.js';
import type { LabBrowser } from '../lab-browser.js';
import type { Transcript } from '../transcript.js';
import type { Attack, Site, Verdict } from './attack.js';

const AT_ONCE = 20;

export const tampering: Attack = {
  name: 'tampering',
  title: 'A cookie that was tampered with',
  aim: 'Each character of a good cookie is changed, one at a time; then it is cut, lengthened and emptied.',
  plainNote: 'Its cookies are signed, and each change breaks the signature. It holds.',
  run,
};

async function run(site: Site, transcript: Transcript): Promise<Verdict> {
  const victim = site.browser('victim');
  transcript.step('The victim signs in');
  await victim.signIn(VICTIM);
  const variants = variantsOf(victim.cookie ?? '');
  transcript.step(`${variants.length} cookies that are almost the victim’s`);
  const statuses: number[] = [];
  for (let start = 0; start < variants.length; start += AT_ONCE) {
    const some = variants
      .slice(start, start + AT_ONCE)
      .map((cookie) => knock(site.browser('attacker'), cookie));
    statuses.push(...(await Promise.all(some)));
  }
  const letIn = statuses.filter((status) => status === 200).length;
  const broken = statuses.filter((status) => status >= 500).length;
  transcript.note(
    `${letIn} were let in, ${broken} made the server fail, ${statuses.length - letIn - broken} were turned away.`,
  );
  return {
    holds: letIn === 0 && broken === 0,
    says: `${letIn} of ${variants.length} were let in, and ${broken} made the server fail.`,
  };
}

async function knock(browser: LabBrowser, cookie: string): Promise<number> {
  browser.cookie = cookie;
  return (await browser.send('GET', '/api/me')).status;
}

function variantsOf(cookie: string): string[] {
  const [name = '', value = ''] = cookie.split('=');
  const changed = Array.from(value, (letter, index) => {
    const other = letter === 'A' ? 'B' : 'A';
    return value.slice(0, index) + other + value.slice(index + 1);
  });
  const malformed = [
    '',
    value.slice(0, -1),
    `${value}A`,

    value.toLowerCase(),
    `${value}.${value}`,
    '*',
    '{}',
  ];
  return [...changed, ...malformed].filter((each) => each !== value).map((each) => `${name}=${each}`);
}
