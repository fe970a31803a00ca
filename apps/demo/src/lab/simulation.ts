import type { LabAnswer, LabBrowser } from './lab-browser.js';

/** A device of a simulated user. */
export interface DeviceProfile {
  readonly name: string;
  readonly userAgent: string;
  /** A loopback address of this device alone, so that the session list shows different addresses. */
  readonly address: string;
}

export const SIMULATED_DEVICES: readonly DeviceProfile[] = [
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

/** The state of a device according to the demo's latest response. */
export interface DeviceState {
  readonly name: string;
  readonly address: string;
  readonly state: 'new' | 'in' | 'out';
  /** The response to the latest `GET /api/me`. */
  readonly answer: LabAnswer | null;
}

interface SimulatedClient {
  readonly device: DeviceProfile;
  readonly browser: LabBrowser;
  state: DeviceState['state'];
  answer: LabAnswer | null;
}

/** Simulates a user with several devices, each with its own cookie. */
export class Simulation {
  constructor(
    readonly id: string,
    readonly username: string,
    private readonly clients: readonly SimulatedClient[],
  ) {}

  /** Signs in from a device. All devices then request `/api/me`, which shows how the sign-in affected them. */
  async signIn(name: string, choices: object): Promise<LabAnswer | null> {
    const client = this.client(name);
    if (!client) return null;
    const answer = await client.browser.signIn(this.username, choices);
    if (answer.status === 200) client.state = 'in';
    await this.refresh();
    return answer;
  }

  async signOut(name: string): Promise<boolean> {
    const client = this.client(name);
    if (!client) return false;
    await client.browser.send('POST', '/api/logout');
    Object.assign(client, { state: 'new', answer: null });
    await this.refresh();
    return true;
  }

  get devices(): DeviceState[] {
    return this.clients.map(({ device: { name, address }, state, answer }) => ({
      name,
      address,
      state,
      answer,
    }));
  }

  private async refresh(): Promise<void> {
    // A device that has received the reason of its sign-out has no cookie any more. Another request would be anonymous.
    await Promise.all(
      this.clients
        .filter(({ state }) => state === 'in')
        .map(async (client) => {
          client.answer = await client.browser.send('GET', '/api/me');
          client.state = client.answer.status === 200 ? 'in' : 'out';
        }),
    );
  }

  private client(name: string): SimulatedClient | undefined {
    return this.clients.find(({ device }) => device.name === name);
  }
}
