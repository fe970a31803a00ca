import { ApiError } from '../api.js';
import { Mark } from './mark.js';
import { Notice } from './notice.js';
import type { Outcome } from './transcript.js';
import { Transcript } from './transcript.js';

export interface Attack {
  readonly name: string;
  readonly title: string;
  readonly aim: string;
  readonly plainNote: string;
}

export interface AttackRun {
  readonly ours: Outcome;
  readonly plain: Outcome;
}

export type Progress = 'running' | AttackRun | ApiError;

interface Props {
  readonly attack: Attack;
  readonly progress: Progress | null;
  readonly isBusy: boolean;
  readonly onRun: () => void;
}

export function AttackCard({ attack, progress, isBusy, onRun }: Props) {
  const isRunning = progress === 'running';
  const label = isRunning ? 'Running …' : progress ? 'Run again' : 'Run';
  return (
    <section class="card attack" aria-labelledby={`attack-${attack.name}`}>
      <div class="card-head">
        <h2 id={`attack-${attack.name}`}>{attack.title}</h2>
        <button
          type="button"
          class="secondary small"
          disabled={isBusy}
          aria-label={`${label}: ${attack.title}`}
          onClick={onRun}
        >
          {label}
        </button>
      </div>
      <p>{attack.aim}</p>
      {progress instanceof ApiError && (
        <Notice tone="bad" title="The attack could not be run">
          {progress.message}
        </Notice>
      )}
      {progress && !isRunning && !(progress instanceof ApiError) && (
        <div class="results" role="status">
          <Result title="This demo" outcome={progress.ours} />
          <Result title="express-session + connect-redis" outcome={progress.plain} note={attack.plainNote} />
        </div>
      )}
    </section>
  );
}

interface ResultProps {
  readonly title: string;
  readonly outcome: Outcome;
  readonly note?: string;
}

function Result({ title, outcome, note }: ResultProps) {
  const tone = outcome.holds ? 'good' : 'bad';
  return (
    <div class={`result ${tone}`}>
      <div class="result-head">
        <h3>{title}</h3>
        <p class="verdict">
          <Mark tone={tone} />
          <strong>{outcome.holds ? 'Held' : 'Failed'}</strong>
        </p>
      </div>
      <p>{outcome.says}</p>
      {note && <p class="muted">{note}</p>}
      <Transcript outcome={outcome} />
    </div>
  );
}
