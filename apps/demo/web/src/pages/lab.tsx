import { useEffect, useState } from 'preact/hooks';
import { type ApiError, callApi } from '../api.js';
import type { PageProps } from '../page-props.js';
import type { Attack, Progress } from '../parts/attack-card.js';
import { AttackCard } from '../parts/attack-card.js';
import { Notice } from '../parts/notice.js';
import { PageHead } from '../parts/page-head.js';
import { Score } from '../parts/score.js';

export function LabPage({ demo }: PageProps) {
  return (
    <>
      <PageHead title="Attack lab">
        Each attack runs over HTTP, first against this demo, then against a plain application on
        express-session and connect-redis. The requests and responses are real.
      </PageHead>
      {demo?.lab === false ? (
        <p class="card">The lab is disabled, as it is in production. Start the demo with DEMO_LAB=on.</p>
      ) : (
        demo && <Lab />
      )}
    </>
  );
}

type ProgressByName = Readonly<Record<string, Progress>>;

function Lab() {
  const [attacks, setAttacks] = useState<readonly Attack[] | null>(null);
  const [progress, setProgress] = useState<ProgressByName>({});
  const [failure, setFailure] = useState<string | null>(null);
  const isBusy = Object.values(progress).includes('running');

  useEffect(() => {
    callApi<Attack[]>('GET', '/api/lab/attacks').then(setAttacks, (error: ApiError) =>
      setFailure(error.message),
    );
  }, []);

  async function run(name: string): Promise<void> {
    const record = (state: Progress) => setProgress((last) => ({ ...last, [name]: state }));
    record('running');
    try {
      record(await callApi('POST', `/api/lab/attacks/${name}`));
    } catch (error) {
      record(error as ApiError);
    }
  }
  async function runAll(): Promise<void> {
    for (const { name } of attacks ?? []) await run(name);
  }

  if (failure) return <Notice tone="bad">{failure}</Notice>;
  if (!attacks)
    return (
      <p class="card muted" aria-busy="true">
        Loading the attacks …
      </p>
    );
  return (
    <>
      <div class="card-head">
        <Score total={attacks.length} progress={Object.values(progress)} />
        <button type="button" disabled={isBusy} onClick={() => void runAll()}>
          Run all attacks
        </button>
      </div>
      <div class="attacks">
        {attacks.map((attack) => (
          <AttackCard
            key={attack.name}
            attack={attack}
            progress={progress[attack.name] ?? null}
            isBusy={isBusy}
            onRun={() => void run(attack.name)}
          />
        ))}
      </div>
    </>
  );
}
