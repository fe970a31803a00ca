import { useEffect, useState } from 'preact/hooks';
import type { PageProps } from '../page-props.js';
import { ask, Refusal } from '../api.js';
import { Mark } from '../parts/mark.js';
import { Notice } from '../parts/notice.js';
import { PageHead } from '../parts/page-head.js';
import type { Outcome } from '../parts/transcript.js';
import { Transcript } from '../parts/transcript.js';

interface Attack {
  readonly name: string;
  readonly title: string;
  readonly aim: string;
  readonly plainNote: string;
}

interface Run {
  readonly ours: Outcome;
  readonly plain: Outcome;
}

type Progress = 'running' | Run | Refusal;

export function LabPage({ demo }: PageProps) {
  return (
    <>
      <PageHead title="Attack lab">
        Each attack is run over HTTP against this demo, and then against a plain application on
        express-session and connect-redis that the lab has started. The requests and answers are the real
        ones.
      </PageHead>
      {demo?.lab === false ? (
        <p class="card">The lab is off here, as it is in production. Start the demo with DEMO_LAB=on.</p>
      ) : (
        demo && <Lab />
      )}
    </>
  );
}

function Lab() {
  const [attacks, setAttacks] = useState<readonly Attack[] | null>(null);
  const [progress, setProgress] = useState<Readonly<Record<string, Progress>>>({});
  const [failure, setFailure] = useState<string | null>(null);
  const isBusy = Object.values(progress).includes('running');

  useEffect(() => {
    ask<Attack[]>('GET', '/api/lab/attacks').then(setAttacks, (error: Refusal) => setFailure(error.message));
  }, []);

  async function run(name: string): Promise<void> {
    const note = (state: Progress) => setProgress((before) => ({ ...before, [name]: state }));
    note('running');
    try {
      note(await ask<Run>('POST', `/api/lab/attacks/${name}`));
    } catch (error) {
      note(error as Refusal);
    }
  }
  async function runAll(): Promise<void> {
    for (const { name } of attacks ?? []) await run(name);
  }

  if (failure) return <Notice tone="bad">{failure}</Notice>;
  if (!attacks)
    return (
      <p class="card muted" aria-busy="true">
        Opening the lab …
      </p>
    );
  return (
    <>
      <div class="card-head">
        <Tally progress={progress} total={attacks.length} />
        <button type="button" disabled={isBusy} onClick={() => void runAll()}>
          Run all attacks
        </button>
      </div>
      {attacks.map((attack) => (
        <AttackCard
          key={attack.name}
          attack={attack}
          progress={progress[attack.name] ?? null}
          isBusy={isBusy}
          onRun={() => void run(attack.name)}
        />
      ))}
    </>
  );
}

function Tally({
  progress,
  total,
}: {
  readonly progress: Readonly<Record<string, Progress>>;
  readonly total: number;
}) {
  const runs = Object.values(progress).filter(
    (each): each is Run => each !== 'running' && !(each instanceof Refusal),
  );
  const held = (site: 'ours' | 'plain') => runs.filter((run) => run[site].holds).length;
  return (
    <p class="count" role="status">
      {runs.length === 0
        ? `${total} attacks, none run yet`
        : `${runs.length} of ${total} run: this demo held ${held('ours')}, the plain application ${held('plain')}`}
    </p>
  );
}

interface CardProps {
  readonly attack: Attack;
  readonly progress: Progress | null;
  readonly isBusy: boolean;
  readonly onRun: () => void;
}

function AttackCard({ attack, progress, isBusy, onRun }: CardProps) {
  const isRunning = progress === 'running';
  const label = isRunning ? 'Running …' : progress ? 'Run again' : 'Run';
  return (
    <section class="card attack" aria-labelledby={`attack-${attack.name}`}>
      <div class="card-head">
        <h2 id={`attack-${attack.name}`}>{attack.title}</h2>
        <button
          type="button"
          class="secondary"
          disabled={isBusy}
          aria-label={`${label}: ${attack.title}`}
          onClick={onRun}
        >
          {label}
        </button>
      </div>
      <p>{attack.aim}</p>
      {progress instanceof Refusal && (
        <Notice tone="bad" title="The attack could not be run">
          {progress.message}
        </Notice>
      )}
      {progress && !isRunning && !(progress instanceof Refusal) && (
        <div class="columns even" role="status">
          <Side title="This demo" outcome={progress.ours} />
          <Side title="express-session, connect-redis" outcome={progress.plain} note={attack.plainNote} />
        </div>
      )}
    </section>
  );
}

interface SideProps {
  readonly title: string;
  readonly outcome: Outcome;
  readonly note?: string;
}

function Side({ title, outcome, note }: SideProps) {
  return (
    <div class={`side ${outcome.holds ? 'good' : 'bad'}`}>
      <h3>{title}</h3>
      <p class="verdict">
        <Mark tone={outcome.holds ? 'good' : 'bad'} />
        <strong>{outcome.holds ? 'Held' : 'Fell'}</strong>
      </p>
      <p>{outcome.says}</p>
      {note && <p class="muted">{note}</p>}
      <Transcript outcome={outcome} />
    </div>
  );
}
