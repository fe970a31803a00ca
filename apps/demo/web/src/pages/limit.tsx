import { useEffect, useState } from 'preact/hooks';
import type { PageProps } from '../page-props.js';
import type { SessionEnd, SessionFacts } from '../api.js';
import { ask, Refusal } from '../api.js';
import { Mark } from '../parts/mark.js';
import { Notice } from '../parts/notice.js';
import { PageHead } from '../parts/page-head.js';
import { MakeRoom } from '../parts/sign-in-form.js';
import { explainEnd, timeOf } from '../words.js';

interface Device {
  readonly name: string;
  readonly address: string;
  readonly state: 'new' | 'in' | 'out';
  readonly answer: {
    readonly status: number;
    readonly body: (SessionEnd & { readonly session?: SessionFacts }) | null;
  } | null;
}

interface Stage {
  readonly id: string;
  readonly username: string;
  readonly devices: readonly Device[];
  readonly answer?: { readonly status: number; readonly body: Refusal['body'] };
}

const POLICIES = [
  { value: 'evict-oldest', name: 'End the oldest', about: 'the session that signed in first makes room' },
  {
    value: 'evict-idlest',
    name: 'End the idlest',
    about: 'the one that was not used for longest makes room',
  },
  { value: 'reject', name: 'Refuse', about: 'the newcomer is told which sessions there are' },
] as const;

export function LimitPage({ demo }: PageProps) {
  return (
    <>
      <PageHead title="The limit at work">
        A user with four devices may have two sessions. Sign in from one device after another and see who has
        to go.
      </PageHead>
      {demo?.lab === false ? (
        <p class="card">This page is part of the lab, which is off here. Start the demo with DEMO_LAB=on.</p>
      ) : (
        demo && <Playground />
      )}
    </>
  );
}

function Playground() {
  const [stage, setStage] = useState<Stage | null>(null);
  const [policy, setPolicy] = useState<string>('evict-oldest');
  const [refused, setRefused] = useState<{ device: string; refusal: Refusal } | null>(null);
  const [failure, setFailure] = useState<string | null>(null);
  const [busy, setBusy] = useState<string | null>(null);

  async function attempt(device: string | null, act: () => Promise<Stage>): Promise<void> {
    setBusy(device);
    try {
      const next = await act();
      setStage(next);
      setFailure(null);
      const isRefused = device !== null && next.answer?.status === 409;
      setRefused(isRefused ? { device, refusal: new Refusal(409, next.answer?.body ?? {}) } : null);
    } catch (error) {
      setFailure((error as Refusal).message);
    } finally {
      setBusy(null);
    }
  }
  const open = () => attempt(null, () => ask<Stage>('POST', '/api/lab/stages'));
  const signIn = (device: string, choice: object = {}) =>
    attempt(device, () =>
      ask<Stage>('POST', `/api/lab/stages/${stage?.id}/sign-in`, { device, onExceed: policy, ...choice }),
    );
  const signOut = (device: string) =>
    attempt(device, () => ask<Stage>('POST', `/api/lab/stages/${stage?.id}/sign-out`, { device }));
  useEffect(() => void open(), []);

  return (
    <>
      {failure && (
        <Notice
          tone="bad"
          title="That did not work"
          actions={
            <button type="button" class="secondary" onClick={() => void open()}>
              Begin anew
            </button>
          }
        >
          {failure}
        </Notice>
      )}
      <fieldset class="card policies">
        <legend>Beyond the limit</legend>
        {POLICIES.map(({ value, name, about }) => (
          <label key={value} class="radio">
            <input
              type="radio"
              name="policy"
              value={value}
              checked={policy === value}
              onChange={() => setPolicy(value)}
            />
            <span>
              <strong>{name}:</strong> <span class="muted">{about}</span>
            </span>
          </label>
        ))}
      </fieldset>
      {refused && (
        <div class="card">
          <h2>{refused.device} was refused</h2>
          <MakeRoom
            refusal={refused.refusal}
            isBusy={busy !== null}
            onChoose={(choice) => void signIn(refused.device, choice)}
          />
        </div>
      )}
      {stage === null ? (
        !failure && (
          <p class="card muted" aria-busy="true">
            Setting up the devices …
          </p>
        )
      ) : (
        <Devices
          stage={stage}
          busy={busy}
          onSignIn={(name) => void signIn(name)}
          onSignOut={(name) => void signOut(name)}
        />
      )}
    </>
  );
}

interface DevicesProps {
  readonly stage: Stage;
  readonly busy: string | null;
  readonly onSignIn: (name: string) => void;
  readonly onSignOut: (name: string) => void;
}

function Devices({ stage, busy, onSignIn, onSignOut }: DevicesProps) {
  const count = stage.devices.filter(({ state }) => state === 'in').length;
  return (
    <section aria-labelledby="stage">
      <div class="card-head">
        <h2 id="stage">
          The devices of <code>{stage.username}</code>
        </h2>
        <p class="count" role="status">
          {count} of 2 sessions
        </p>
      </div>
      <ul class="devices">
        {stage.devices.map((device) => (
          <li key={device.name} class={`card device ${device.state}`}>
            <h3>{device.name}</h3>
            <DeviceState device={device} />
            <button
              type="button"
              class={device.state === 'in' ? 'secondary' : ''}
              disabled={busy !== null}
              aria-label={`${device.state === 'in' ? 'Sign out' : 'Sign in'}: ${device.name}`}
              onClick={() => (device.state === 'in' ? onSignOut(device.name) : onSignIn(device.name))}
            >
              {device.state === 'in' ? 'Sign out' : 'Sign in'}
            </button>
          </li>
        ))}
      </ul>
      <p class="muted">
        Each device is a cookie jar in the lab that sends real requests from an address of its own. What
        stands on it is what the demo answered to its last <code>GET /api/me</code>.
      </p>
    </section>
  );
}

function DeviceState({ device: { state, address, answer } }: { readonly device: Device }) {
  if (state === 'in') {
    return (
      <div class="device-state">
        <p class="device-line">
          <Mark tone="good" /> Signed in
        </p>
        <p class="muted">
          {answer?.body?.session?.device ?? 'Unknown device'}
          <br />
          {answer?.body?.session?.address ?? address}
        </p>
      </div>
    );
  }
  if (state === 'out') {
    const body = answer?.body;
    return (
      <div class="device-state">
        <p class="device-line">
          <Mark tone="bad" /> Out: {body?.reason ?? 'ended'}
          {body?.at ? ` at ${timeOf(body.at)}` : ''}
        </p>
        <p class="muted">{body && explainEnd(body)}</p>
      </div>
    );
  }
  return (
    <div class="device-state">
      <p class="device-line muted">Not signed in</p>
      <p class="muted">{address}</p>
    </div>
  );
}
