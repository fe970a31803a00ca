import type { LabAnswer, LabBrowser } from './lab-browser.js';

/** A device that a visitor can play with. */
export interface StageDevice {
  readonly name: string;
  readonly userAgent: string;
  /** Loopback has many addresses, so that devices can be told apart by them. */
  readonly address: string;
}

export const STAGE_DEVICES: readonly StageDevice[] = [
  {
    name: 'Laptop',
    userAgent: 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
    address: '127.0.0.11',
  },
  {
    name: 'Phone',
    userAgent:
      'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1',
    address: '127.0.0.12',
  },
  {
    name: 'Tablet',
    userAgent:
      'Mozilla/5.0 (Linux; Android 15; Pixel Tablet) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36',
    address: '127.0.0.13',
  },
  {
    name: 'Office PC',
    userAgent:
      'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0',
    address: '127.0.0.14',
  },
];

/** How a device stands, by what the demo answered it last. */
export interface DeviceState {
  readonly name: string;
  readonly address: string;
  readonly state: 'new' | 'in' | 'out';
  /** What the demo said when it asked who it is. */
  readonly answer: LabAnswer | null;
}

interface Actor {
  readonly device: StageDevice;
  readonly browser: LabBrowser;
  state: DeviceState['state'];
  answer: LabAnswer | null;
}

/** A user with several devices, each with a cookie jar of its own. */
export class Stage {
  constructor(
    readonly id: string,
    readonly username: string,
    private readonly actors: readonly Actor[],
  ) {}

  /** Signs in from a device; all devices then ask who they are, so that it is seen what became of them. */
  async signIn(name: string, choices: object): Promise<LabAnswer | null> {
    const actor = this.actor(name);
    if (!actor) return null;
    const answer = await actor.browser.signIn(this.username, choices);
    if (answer.status === 200) actor.state = 'in';
    await this.look();
    return answer;
  }

  async signOut(name: string): Promise<boolean> {
    const actor = this.actor(name);
    if (!actor) return false;
    await actor.browser.send('POST', '/api/logout');
    Object.assign(actor, { state: 'new', answer: null });
    await this.look();
    return true;
  }

  get devices(): DeviceState[] {
    return this.actors.map(({ device: { name, address }, state, answer }) => ({
      name,
      address,
      state,
      answer,
    }));
  }

  private async look(): Promise<void> {
    // Once told why it is out, a device has no cookie and would only be told that nobody is signed in.
    await Promise.all(
      this.actors
        .filter(({ state }) => state === 'in')
        .map(async (actor) => {
          actor.answer = await actor.browser.send('GET', '/api/me');
          actor.state = actor.answer.status === 200 ? 'in' : 'out';
        }),
    );
  }

  private actor(name: string): Actor | undefined {
    return this.actors.find(({ device }) => device.name === name);
  }
}
