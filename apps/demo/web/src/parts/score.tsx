import { ApiError } from '../api.js';
import type { AttackRun, Progress } from './attack-card.js';

interface Props {
  readonly total: number;
  readonly progress: readonly Progress[];
}

/** Counts the attacks that each application has withstood. */
export function Score({ total, progress }: Props) {
  const runs = progress.filter(
    (each): each is AttackRun => each !== 'running' && !(each instanceof ApiError),
  );
  if (runs.length === 0)
    return (
      <p class="score-hint" role="status">
        {total} attacks, none run yet. <strong>Held</strong> means that the attack achieved nothing,{' '}
        <strong>Failed</strong> that it succeeded.
      </p>
    );
  const countHeld = (application: 'ours' | 'plain') => runs.filter((run) => run[application].holds).length;
  return (
    <div role="status">
      <dl class="score" aria-label="Score">
        <Entry name="This demo" held={countHeld('ours')} run={runs.length} />
        <Entry name="Plain application" held={countHeld('plain')} run={runs.length} />
        <div>
          <dt>Attacks run</dt>
          <dd>
            {runs.length} of {total}
          </dd>
        </div>
      </dl>
    </div>
  );
}

function Entry({ name, held, run }: { readonly name: string; readonly held: number; readonly run: number }) {
  return (
    <div class={held === run ? 'good' : 'bad'}>
      <dt>{name}</dt>
      <dd>
        {held} of {run} held
      </dd>
    </div>
  );
}
