import type { LabBrowser } from '../lab-browser.js';
import type { Transcript } from '../transcript.js';

/** An application under attack. All that are have the same routes. */
export interface Site {
  browser(name: string): LabBrowser;
}

/** How it went. */
export interface Verdict {
  /** Whether the application held. */
  readonly holds: boolean;
  /** What was seen, as a sentence. */
  readonly says: string;
}

export interface Attack {
  readonly name: string;
  readonly title: string;
  /** What the attacker is after. */
  readonly aim: string;
  /** Why the plain application does as it does. */
  readonly plainNote: string;
  run(site: Site, transcript: Transcript): Promise<Verdict>;
}

/** Whether a request with this browser's cookie is let in. */
export async function isLetIn(browser: LabBrowser): Promise<boolean> {
  return (await browser.send('GET', '/api/me')).status === 200;
}
