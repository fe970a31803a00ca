import { setTimeout as sleep } from 'node:timers/promises';
import type { Verdict } from './checker/check.js';
import { check } from './checker/check.js';
import type { History, Incident, Rules, Step } from './history.js';
import { instant } from './history.js';
import { Nemesis } from './nemesis.js';
import type { Command, Reply, WorkerSettings } from './protocol.js';
import { Random } from './random.js';
import { Sampler } from './sampler.js';
import type { FaultKind, Site } from './sites/site.js';
import { WorkerProcess } from './worker-process.js';
import { unansweredSteps, Workload } from './workload.js';

export interface RoundPlan {
  readonly seed: number;
  /** Duration of the clients' work. It may be longer, until the current fault has ended. */
  readonly durationMs: number;
  /** True if the processes cache sessions. */
  readonly isCached: boolean;
}

export interface Round extends RoundPlan {
  readonly site: string;
  readonly history: History;
  readonly verdict: Verdict;
}

const PROCESSES = 3;
const CLIENTS = 10;
/** Average pause of a client between two requests. */
const MEAN_PAUSE_MS = 6;
/** After a failure a client waits, as a person would. */
const PAUSE_AFTER_FAILURE_MS = 40;

const RULES: Rules = {
  limit: 3,
  timeouts: { idleMs: 600_000, absoluteMs: 3_600_000 },
  graceMs: 300,
  deadlineMs: 300,
  stalenessMs: null,
};
/** Shorter than most faults, so that a process which goes by an old copy all the while is found out. */
const STALENESS_MS = 500;
const ROTATE_EVERY_MS = 1_500;
const END_REASONS_MS = 8_000;
const ON_EXCEED = ['evict-oldest', 'evict-idlest', 'reject'] as const;

/** Runs clients, workers and the nemesis on a site for a while, and checks what came of it. */
export async function runRound(site: Site, plan: RoundPlan): Promise<Round> {
  const running = new RunningRound(site, plan);
  try {
    const history = await running.run();
    return { ...plan, site: site.name, history, verdict: check(history) };
  } finally {
    await running.cleanUp();
  }
}

class RunningRound {
  private readonly steps: Step[] = [];
  private readonly incidents: Incident[] = [];
  private readonly rules: Rules;
  private readonly workload: Workload;
  private readonly prefix: string;
  private readonly sampler: Sampler;
  private readonly nemesis: Nemesis;
  private readonly random: Random;
  private readonly settings: Omit<WorkerSettings, 'process'>;
  private workers: WorkerProcess[] = [];
  private isOver = false;

  constructor(
    site: Site,
    private readonly plan: RoundPlan,
  ) {
    this.random = new Random(plan.seed);
    this.rules = { ...RULES, stalenessMs: plan.isCached ? STALENESS_MS : null };
    this.workload = new Workload(this.rules);
    this.prefix = `history-${process.pid}-${plan.seed}:`;
    this.sampler = new Sampler(this.prefix, () => site.masters());
    this.settings = {
      redis: site.redis,
      prefix: this.prefix,
      limit: { max: RULES.limit, onExceed: this.random.pick(ON_EXCEED) },
      timeouts: RULES.timeouts,
      rotateEveryMs: ROTATE_EVERY_MS,
      graceMs: RULES.graceMs,
      deadlineMs: RULES.deadlineMs,
      endReasonsMs: END_REASONS_MS,
      stalenessMs: this.rules.stalenessMs,
    };
    this.nemesis = new Nemesis(site, [...site.faults, this.crash()], this.random.fork());
  }

  async run(): Promise<History> {
    const report = (incident: Incident) => void this.incidents.push(incident);
    this.workers = await Promise.all(
      Array.from({ length: PROCESSES }, (_, process) =>
        WorkerProcess.start({ ...this.settings, process }, report),
      ),
    );
    this.sampler.start();
    const nemesis = this.nemesis.run();
    const lanes = Array.from({ length: CLIENTS }, (_, client) => this.runClient(client, this.random.fork()));
    await sleep(this.plan.durationMs);
    this.nemesis.stop();
    await nemesis;
    this.isOver = true;
    await Promise.all(lanes);
    await this.lookOnceMore();
    await this.nemesis.look();
    const {
      rules,
      steps,
      incidents,
      nemesis: { faults },
      sampler: { samples },
    } = this;
    return { rules, steps, samples, faults, incidents };
  }

  async cleanUp(): Promise<void> {
    this.isOver = true;
    this.nemesis.stop();
    await this.sampler.stop();
    for (const worker of this.workers) worker.kill();
  }

  private async runClient(client: number, random: Random): Promise<void> {
    while (!this.isOver) {
      const worker = random.between(0, this.workers.length);
      const pauseMs = -Math.log(1 - random.next()) * MEAN_PAUSE_MS;
      const { command, answer } = this.workload.next(client, random);
      const reply = await this.perform(worker, command);
      answer(reply);
      const hasFailed = reply.steps.some(({ outcome, isGone }) => outcome !== 'ok' && !isGone);
      await sleep(hasFailed ? PAUSE_AFTER_FAILURE_MS : pauseMs);
    }
  }

  /** Reads every known token, every user and the whole content of Redis, once all is quiet. */
  private async lookOnceMore(): Promise<void> {
    // By now commands without a reply have run, and cached copies are no older than this moment.
    await sleep(Math.max(RULES.deadlineMs, this.rules.stalenessMs ?? 0));
    for (const [index, command] of this.workload.lastLook().entries()) {
      await this.perform(index % this.workers.length, command);
    }
    await this.sampler.stop();
    await Promise.all(this.workers.map((worker) => worker.stop()));
    await this.sampler.take(true);
  }

  private async perform(worker: number, command: Command): Promise<Reply> {
    const start = instant();
    const reply = (await (this.workers[worker] as WorkerProcess).perform(command)) ?? {
      request: command.request,
      steps: unansweredSteps(command, worker, start),
    };
    this.steps.push(...reply.steps);
    return reply;
  }

  private crash(): FaultKind {
    return {
      name: 'crash-worker',
      weight: 1,
      run: async (random) => {
        const worker: WorkerProcess = random.pick(this.workers);
        await worker.crash();
      },
    };
  }
}
