import type { SessionEnd, SessionInfo } from '../api.js';
import { explainEnd, formatTime } from '../words.js';
import { Mark } from './mark.js';

export interface SimulatedDevice {
  readonly name: string;
  readonly address: string;
  readonly state: 'new' | 'in' | 'out';
  readonly answer: {
    readonly status: number;
    readonly body: (SessionEnd & { readonly session?: SessionInfo }) | null;
  } | null;
}

const MAX_SESSIONS = 2;
const REASONS: Readonly<Record<string, string>> = {
  evicted: 'Evicted',
  revoked: 'Revoked',
  expired: 'Expired',
};

interface Props {
  readonly devices: readonly SimulatedDevice[];
  readonly isBusy: boolean;
  readonly onSignIn: (device: string) => void;
  readonly onSignOut: (device: string) => void;
}

/** Shows the devices of one simulated user. One button is emphasized: the sign-in to try next. */
export function SimulatedDevices({ devices, isBusy, onSignIn, onSignOut }: Props) {
  const signedIn = devices.filter(({ state }) => state === 'in').length;
  const next = devices.find(({ state }) => state === 'new') ?? devices.find(({ state }) => state === 'out');
  return (
    <section aria-labelledby="simulation">
      <div class="card-head">
        <h2 id="simulation">Devices of one user</h2>
        <p class="count" role="status">
          {signedIn} of {MAX_SESSIONS} sessions
        </p>
      </div>
      <p class="muted">{hintFor(signedIn, next?.name)}</p>
      <ul class="devices">
        {devices.map((device) => (
          <li key={device.name} class={`card device ${device.state}`}>
            <h3>{device.name}</h3>
            <DeviceState device={device} />
            <button
              type="button"
              class={device === next ? '' : 'secondary'}
              disabled={isBusy}
              aria-label={`${device.state === 'in' ? 'Sign out' : 'Sign in'}: ${device.name}`}
              onClick={() => (device.state === 'in' ? onSignOut(device.name) : onSignIn(device.name))}
            >
              {device.state === 'in' ? 'Sign out' : 'Sign in'}
            </button>
          </li>
        ))}
      </ul>
      <p class="muted">
        Each device has its own cookie and address, and sends real requests. Its card shows the demo’s latest
        response to <code>GET /api/me</code>.
      </p>
    </section>
  );
}

function hintFor(signedIn: number, next = ''): string {
  if (signedIn === 0) return `Start here: sign in on the ${next}.`;
  if (signedIn < MAX_SESSIONS) return `Next, sign in on the ${next}.`;
  return `The limit is reached. Sign in on the ${next} to exceed it.`;
}

function DeviceState({ device: { state, address, answer } }: { readonly device: SimulatedDevice }) {
  if (state === 'new')
    return (
      <div class="device-state">
        <p class="device-line muted">Not signed in</p>
        <p class="muted">{address}</p>
      </div>
    );
  const body = answer?.body;
  if (state === 'in')
    return (
      <div class="device-state">
        <p class="device-line">
          <Mark tone="good" /> Signed in
        </p>
        <p class="muted">
          {body?.session?.device ?? 'Unknown device'}
          <br />
          {body?.session?.address ?? address}
        </p>
      </div>
    );
  return (
    <div class="device-state">
      <p class="device-line">
        <Mark tone="bad" /> {REASONS[body?.reason ?? ''] ?? 'Signed out'}
        {body?.at ? ` at ${formatTime(body.at)}` : ''}
      </p>
      <p class="muted">{body && explainEnd(body)}</p>
    </div>
  );
}
