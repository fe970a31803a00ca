import type { LabBrowser } from '../lab-browser.js';
import type { Transcript } from '../transcript.js';

/** An application under attack. All of them have the same routes. */
export interface Site {
  browser(name: string): LabBrowser;
}

/** The result of an attack. */
export interface Verdict {
  /** True if the application withstood the attack. */
  readonly holds: boolean;
  /** The observation, as a sentence. */
  readonly says: string;
}

export interface Attack {
  readonly name: string;
  readonly title: string;
  /** The goal of the attacker. */
  readonly aim: string;
  /** The reason for the result of the plain application. */
  readonly plainNote: string;
  run(site: Site, transcript: Transcript): Promise<Verdict>;
}

/** Tests whether the application accepts this browser's cookie. */
export async function isSignedIn(browser: LabBrowser): Promise<boolean> {
  return (await browser.send('GET', '/api/me')).status === 200;
}
