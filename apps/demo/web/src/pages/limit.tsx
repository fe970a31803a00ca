import { useEffect, useState } from 'preact/hooks';
import { ApiError, callApi } from '../api.js';
import type { PageProps } from '../page-props.js';
import { MakeRoom } from '../parts/make-room.js';
import { Notice } from '../parts/notice.js';
import { PageHead } from '../parts/page-head.js';
import type { SimulatedDevice } from '../parts/simulated-devices.js';
import { SimulatedDevices } from '../parts/simulated-devices.js';

interface Simulation {
  readonly id: string;
  readonly devices: readonly SimulatedDevice[];
  readonly answer?: { readonly status: number; readonly body: ApiError['body'] };
}

const POLICIES = [
  { value: 'evict-oldest', name: 'Evict the oldest', about: 'the device that signed in first is signed out' },
  {
    value: 'evict-idlest',
    name: 'Evict the idlest',
    about: 'the device that has been inactive for longest is signed out',
  },
  {
    value: 'reject',
    name: 'Reject the sign-in',
    about: 'the new device gets the list of sessions and chooses one to sign out',
  },
] as const;

export function LimitPage({ demo }: PageProps) {
  return (
    <>
      <PageHead title="Session limit">
        One user, four devices, at most two sessions. The third sign-in exceeds the limit, and the policy
        decides what happens.
      </PageHead>
      {demo?.lab === false ? (
        <p class="card">This page is part of the lab, which is disabled. Start the demo with DEMO_LAB=on.</p>
      ) : (
        demo && <Playground />
      )}
    </>
  );
}

interface RejectedSignIn {
  readonly device: string;
  readonly error: ApiError;
}

function Playground() {
  const [simulation, setSimulation] = useState<Simulation | null>(null);
  const [policy, setPolicy] = useState<string>('evict-oldest');
  const [rejected, setRejected] = useState<RejectedSignIn | null>(null);
  const [failure, setFailure] = useState<string | null>(null);
  const [busy, setBusy] = useState<string | null>(null);

  async function attempt(device: string | null, act: () => Promise<Simulation>): Promise<void> {
    setBusy(device);
    try {
      const next = await act();
      setSimulation(next);
      setFailure(null);
      const isRejected = device !== null && next.answer?.status === 409;
      setRejected(isRejected ? { device, error: new ApiError(409, next.answer?.body ?? {}) } : null);
    } catch (error) {
      setFailure((error as ApiError).message);
    } finally {
      setBusy(null);
    }
  }
  const start = () => attempt(null, () => callApi<Simulation>('POST', '/api/lab/simulations'));
  const send = (device: string, action: 'sign-in' | 'sign-out', choice: object = {}) =>
    attempt(device, () =>
      callApi<Simulation>('POST', `/api/lab/simulations/${simulation?.id}/${action}`, { device, ...choice }),
    );
  const signIn = (device: string, choice: object = {}) =>
    send(device, 'sign-in', { onExceed: policy, ...choice });
  useEffect(() => void start(), []);

  return (
    <>
      {failure && (
        <Notice
          tone="bad"
          title="The action failed"
          actions={
            <button type="button" class="secondary" onClick={() => void start()}>
              Start over
            </button>
          }
        >
          {failure}
        </Notice>
      )}
      <PolicyChoice policy={policy} onChoose={setPolicy} />
      {rejected && (
        <div class="card">
          <h2>The sign-in from {rejected.device} was rejected</h2>
          <MakeRoom
            error={rejected.error}
            isBusy={busy !== null}
            onChoose={(choice) => void signIn(rejected.device, choice)}
          />
        </div>
      )}
      {simulation === null && !failure && (
        <p class="card muted" aria-busy="true">
          Loading the devices …
        </p>
      )}
      {simulation && (
        <SimulatedDevices
          devices={simulation.devices}
          isBusy={busy !== null}
          onSignIn={(device) => void signIn(device)}
          onSignOut={(device) => void send(device, 'sign-out')}
        />
      )}
    </>
  );
}

interface PolicyChoiceProps {
  readonly policy: string;
  readonly onChoose: (policy: string) => void;
}

function PolicyChoice({ policy, onChoose }: PolicyChoiceProps) {
  return (
    <fieldset class="card policies">
      <legend>When the limit is exceeded</legend>
      {POLICIES.map(({ value, name, about }) => (
        <label key={value} class="radio">
          <input
            type="radio"
            name="policy"
            value={value}
            checked={policy === value}
            onChange={() => onChoose(value)}
          />
          <span>
            <strong>{name}:</strong> <span class="muted">{about}</span>
          </span>
        </label>
      ))}
    </fieldset>
  );
}
