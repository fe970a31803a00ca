import assert from 'node:assert/strict';
import type {
  CompleteStore,
  CreateIntent,
  EndNotice,
  RegenerateIntent,
  SessionRecord,
  SessionStore,
  SignInIntent,
  SignInOutcome,
} from '../../core/store/store.js';
import type { SessionId } from '../../core/record/token.js';
import { GatedStore } from './gated-store.js';

/** The fates of the sessions of one round, with the invariants that must hold at every step. */
export class History {
  private readonly states = new Map<SessionId, 'unborn' | 'live' | 'gone'>();
  /** Successors of sessions, which took over their fields. */
  private readonly heirs = new Map<SessionId, SessionId>();
  private readonly acknowledged: { readonly id: SessionId; readonly field: string; readonly text: string }[] =
    [];
  /** Sessions whose end was reported to a client. */
  private readonly ended = new Set<SessionId>();

  constructor(
    private readonly store: CompleteStore,
    private readonly userId: string,
    private readonly max: number,
  ) {}

  /** Records that a session is about to be created. */
  expect(id: SessionId): void {
    if (!this.states.has(id)) this.states.set(id, 'unborn');
  }

  isLive(id: SessionId): boolean {
    return this.states.get(id) === 'live';
  }

  inherit(from: SessionId, to: SessionId): void {
    this.heirs.set(from, to);
  }

  /** Records that a write was acknowledged to a client. */
  acknowledge(id: SessionId, field: string, text: string): void {
    this.acknowledged.push({ id, field, text });
  }

  /** Records that the end of a session was reported to a client. */
  announceEnd(id: SessionId): void {
    this.ended.add(id);
  }

  /** Checks the invariants that must hold after every step. */
  async check(): Promise<void> {
    for (const [id, before] of this.states) {
      const isLive = (await this.store.load(id)) !== null;
      assert.ok(!(isLive && before === 'gone'), `session ${id} came back`);
      if (isLive) this.states.set(id, 'live');
      else if (before === 'live') this.states.set(id, 'gone');
    }
    const listed = (await this.store.list(this.userId)).map(({ id }) => id);
    assert.ok(listed.length <= this.max, `${listed.length} sessions at a limit of ${this.max}`);
    for (const id of listed) assert.ok(this.states.has(id), `session ${id} is listed and was never made`);
  }

  /** Checks the invariants that must hold at the end. */
  async checkEnd(): Promise<void> {
    await this.check();
    const live = await this.liveRecords();
    const listed = (await this.store.list(this.userId)).map(({ id }) => id);
    const owned = live.filter(({ userId }) => userId === this.userId).map(({ id }) => id);
    assert.deepEqual(listed.sort(), owned.sort(), 'the list differs from the sessions that live');
    for (const id of this.ended) {
      assert.ok(!this.isLive(this.lastHeir(id)), `session ${id} was ended and goes on`);
    }
  }

  /** Checks that no acknowledged field is lost. */
  async checkFields(): Promise<void> {
    for (const { id, field, text } of this.acknowledged) {
      const holder = await this.store.load(this.lastHeir(id));
      if (holder) assert.equal(holder.fields.get(field), text, `field ${field} of session ${id} was lost`);
    }
  }

  async liveRecords(): Promise<SessionRecord[]> {
    const records = await Promise.all([...this.states.keys()].map((id) => this.store.load(id)));
    return records.filter((record) => record !== null);
  }

  private lastHeir(id: SessionId): SessionId {
    const heir = this.heirs.get(id);
    return heir === undefined ? id : this.lastHeir(heir);
  }
}

/** Writes down which sessions an actor makes, and which take over from which. */
export class RecordedStore extends GatedStore {
  private newest: SessionId | null = null;

  constructor(
    store: SessionStore,
    private readonly history: History,
  ) {
    super(store);
  }

  override create(intent: CreateIntent): Promise<SessionRecord> {
    this.history.expect(intent.id);
    return super.create(intent);
  }

  override async signIn(intent: SignInIntent): Promise<SignInOutcome> {
    this.history.expect(intent.id);
    const { replaces } = intent;
    const inherits = replaces !== null && this.history.isLive(replaces.id);
    const outcome = await super.signIn(intent);
    if (outcome.status !== 'rejected') this.newest = outcome.record.id;
    if (inherits && outcome.status === 'signed-in') this.history.inherit(replaces.id, intent.id);
    return outcome;
  }

  override async regenerate(intent: RegenerateIntent): Promise<SessionRecord | null> {
    this.history.expect(intent.to);
    const record = await super.regenerate(intent);
    if (record) this.history.inherit(intent.from.id, intent.to);
    return record;
  }

  override async destroy(id: SessionId, notice: EndNotice): Promise<SessionRecord | null> {
    const last = await super.destroy(id, notice);
    if (last && notice.reason === 'replaced' && this.newest) this.history.inherit(id, this.newest);
    return last;
  }
}
