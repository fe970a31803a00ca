import { VICTIM } from '../../users/demo-users.js';
import type { LabBrowser } from '../lab-browser.js';
import type { Transcript } from '../transcript.js';
import type { Attack, Site, Verdict } from './attack.js';

const BATCH_SIZE = 20;

export const tampering: Attack = {
  name: 'tampering',
  title: 'Cookie tampering',
  aim: 'Each character of a valid cookie is changed, one at a time. Then the value is truncated, extended and emptied.',
  plainNote: 'Its cookies are signed, and every change invalidates the signature.',
  run,
};

async function run(site: Site, transcript: Transcript): Promise<Verdict> {
  const victim = site.browser('victim');
  transcript.step('The victim signs in');
  await victim.signIn(VICTIM);
  const variants = variantsOf(victim.cookie ?? '');
  transcript.step(`${variants.length} variants of the victim’s cookie`);
  const statuses: number[] = [];
  for (let start = 0; start < variants.length; start += BATCH_SIZE) {
    const batch = variants
      .slice(start, start + BATCH_SIZE)
      .map((cookie) => tryCookie(site.browser('attacker'), cookie));
    statuses.push(...(await Promise.all(batch)));
  }
  const accepted = statuses.filter((status) => status === 200).length;
  const failed = statuses.filter((status) => status >= 500).length;
  transcript.note(
    `${accepted} accepted, ${failed} server errors, ${statuses.length - accepted - failed} rejected.`,
  );
  return {
    holds: accepted === 0 && failed === 0,
    says: `${accepted} of ${variants.length} variants were accepted, and ${failed} caused a server error.`,
  };
}

async function tryCookie(browser: LabBrowser, cookie: string): Promise<number> {
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
