import type { Deed, Rules, Step, Timeouts } from './history.js';
import type { Act, Command, Reply, Ticket } from './protocol.js';
import type { Random } from './random.js';

/** Actions of requests, with weights. */
const ACTS = {
  read: 24,
  write: 24,
  increment: 12,
  update: 8,
  touch: 4,
  regenerate: 4,
  'sign-in': 9,
  'sign-out': 3,
  revoke: 2,
  'revoke-all': 1,
  list: 3,
} as const;

/**
 * In some browsers sessions come and go many times a second; in others they are left alone, so that they live to have
 * their tokens exchanged and their clocks run out.
 */
const BROWSERS = [
  ...Array.from({ length: 3 }, () => ({ isCalm: false, users: ['ada', 'bob', 'cyd'] })),
  ...Array.from({ length: 4 }, () => ({ isCalm: true, users: ['dan', 'eve'] })),
];
const USERS = [...new Set(BROWSERS.flatMap(({ users }) => users))];
const ENDING_ACTS: ReadonlySet<keyof typeof ACTS> = new Set([
  ...(['regenerate', 'sign-in', 'sign-out', 'revoke', 'revoke-all'] as const),
]);
/** Probability that an action which ends a session is kept in a calm browser. */
const CALM_ENDS = 0.04;
/** Probability that a request presents an old token. */
const STALE_TOKENS = 0.08;
/** Probability that a user signs in on a device without a session. */
const NEW_DEVICES = 0.4;
/** Share of signed-in sessions that expire during the round. */
const SHORT_LIVES = 0.15;
const SHORT: Timeouts = { idleMs: 900, absoluteMs: 2_500 };
const PAST_TICKETS = 12;
const MAX_THINK_MS = 6;

/** A browser, with as many tabs as there are clients. It holds the cookie of the answer that came last. */
class Browser {
  ticket: Ticket | null = null;
  private readonly past: Ticket[] = [];

  constructor(
    readonly isCalm: boolean,
    readonly users: readonly string[],
  ) {}

  receive(cookie: Ticket | null | undefined): void {
    if (cookie === undefined) return;
    if (this.ticket && this.ticket.name !== cookie?.name) this.past.push(this.ticket);
    if (this.past.length > PAST_TICKETS) this.past.shift();
    this.ticket = cookie;
  }

  /** One of the tokens that it once had; each of them, for the last look. */
  get memories(): readonly Ticket[] {
    return this.past;
  }
}

/** Next action of a client. It depends only on the client's random numbers; its outcome depends on other clients, too. */
interface Draw {
  readonly browser: number;
  readonly act: keyof typeof ACTS;
  /** Position for choosing a user, another session, or an old token. */
  readonly place: number;
  readonly isStale: boolean;
  readonly isCalm: boolean;
  readonly isNewDevice: boolean;
  readonly isShort: boolean;
  readonly isShared: boolean;
  readonly by: number;
  readonly thinkMs: number;
}

/** Decides what the clients of a round do. */
export class Workload {
  private readonly browsers = BROWSERS.map(({ isCalm, users }) => new Browser(isCalm, users));
  private requests = 0;

  constructor(private readonly rules: Rules) {}

  /** Returns the next request of a client. */
  next(
    client: number,
    random: Random,
  ): { readonly command: Command; readonly answer: (reply: Reply) => void } {
    const draw = drawFrom(random);
    const browser = this.browsers[draw.browser] as Browser;
    const ticket = chooseTicket(browser, draw);
    const command: Command = {
      request: ++this.requests,
      ticket,
      thinkMs: draw.thinkMs,
      act: this.actOf(draw, client, browser),
    };
    return { command, answer: ({ cookie }) => browser.receive(cookie) };
  }

  /** Requests that look at everything once more, and change nothing. */
  lastLook(): Command[] {
    const tickets = this.browsers.flatMap(({ ticket, memories }) =>
      ticket ? [...memories, ticket] : memories,
    );
    const reads = tickets.map((ticket) => this.plain({ do: 'read' }, ticket));
    return [...reads, ...USERS.map((user) => this.plain({ do: 'list', user }, null))];
  }

  private plain(act: Act, ticket: Ticket | null): Command {
    return { request: ++this.requests, ticket, thinkMs: 0, act };
  }

  private actOf(draw: Draw, client: number, browser: Browser): Act {
    const user = pickAt(browser.users, draw.place);
    if (browser.isCalm && draw.isCalm && ENDING_ACTS.has(draw.act) && browser.ticket?.user)
      return { do: 'read' };
    const fields = draw.isShared ? ['shared'] : [`own${client}`];
    switch (draw.act) {
      case 'write':
        return { do: 'write', fields: draw.place < 0.2 ? ['shared', `own${client}`] : fields };
      case 'increment':
        return { do: 'increment', field: 'count', by: draw.by };
      case 'update':
        return { do: 'update', field: 'tally', by: draw.by };
      case 'sign-in':
        return {
          do: 'sign-in',
          user,
          fields: draw.place < 0.5 ? fields : [],
          timeouts: draw.isShort ? SHORT : this.rules.timeouts,
        };
      case 'revoke': {
        const others = this.browsers.filter(({ isCalm }) => isCalm === browser.isCalm);
        const other = pickAt(others, draw.place);
        return other.ticket ? { do: 'revoke', session: other.ticket.session } : { do: 'read' };
      }
      case 'revoke-all': {
        const { ticket } = browser;
        if (!draw.isShared || !ticket?.user) return { do: 'revoke-all', user, except: null };
        return { do: 'revoke-all', user: ticket.user, except: ticket.session };
      }
      case 'list':
        return { do: 'list', user };
      default:
        return { do: draw.act };
    }
  }
}

function drawFrom(random: Random): Draw {
  return {
    browser: random.between(0, BROWSERS.length),
    act: random.weighted(ACTS),
    place: random.next(),
    isStale: random.chance(STALE_TOKENS),
    isCalm: !random.chance(CALM_ENDS),
    isNewDevice: random.chance(NEW_DEVICES),
    isShort: random.chance(SHORT_LIVES),
    isShared: random.chance(0.5),
    by: random.between(1, 4),
    thinkMs: random.chance(0.5) ? 0 : random.between(1, MAX_THINK_MS),
  };
}

function chooseTicket(browser: Browser, { act, isStale, isNewDevice, place }: Draw): Ticket | null {
  const { ticket, memories } = browser;
  if (act === 'sign-in' && isNewDevice) return null;
  if (isStale && memories.length > 0) return pickAt(memories, place);
  return ticket;
}

/** @param place 0 or more, below 1 */
function pickAt<T>(choices: readonly T[], place: number): T {
  return choices[Math.floor(place * choices.length)] as T;
}

/** Returns the steps of a request that was never answered, all of which may have run. */
export function unansweredSteps(command: Command, process: number, start: number): Step[] {
  const { ticket, request } = command;
  const known = { request, process, start, end: Infinity, outcome: 'info' } as const;
  const deeds: Deed[] = [];
  if (ticket) {
    const { session, name: token } = ticket;
    deeds.push({ f: 'read', session, token, standing: null, user: null, fields: {} });
  }
  const deed = possibleDeed(command);
  if (deed) deeds.push(deed);
  // Where the sign-in had failed before, the end of the request has written the fields to the old session.
  if (deed?.f === 'sign-in' && ticket)
    deeds.push({ f: 'write', session: ticket.session, fields: deed.fields });
  return deeds.map((each) => ({ ...each, ...known }));
}

/** Returns the possible step of such a request. `null`: it concerns no known session. */
function possibleDeed({ act, ticket, request }: Command): Deed | null {
  const session = ticket?.session ?? null;
  const texts = (names: readonly string[]) =>
    Object.fromEntries(names.map((name) => [name, `${name}#${request}`]));
  switch (act.do) {
    case 'read':
    case 'list':
      return null;
    case 'revoke':
      return { f: 'revoke', session: act.session, found: null };
    case 'revoke-all':
      return { f: 'revoke-all', user: act.user, except: act.except, ended: [] };
    case 'sign-in': {
      const { user, timeouts } = act;
      const fields = texts(act.fields);
      return {
        f: 'sign-in',
        session,
        user,
        timeouts,
        fields,
        to: null,
        keeps: true,
        evicted: [],
        isHalfDone: true,
      };
    }
    default:
      return session === null ? null : deedOn(session, act, texts);
  }
}

function deedOn(
  session: string,
  act: Exclude<Act, { readonly do: 'read' | 'list' | 'revoke' | 'revoke-all' | 'sign-in' }>,
  texts: (names: readonly string[]) => Record<string, string>,
): Deed {
  switch (act.do) {
    case 'write':
      return { f: 'write', session, fields: texts(act.fields) };
    case 'increment':
    case 'update':
      return { f: act.do, session, field: act.field, by: act.by, sum: null };
    case 'regenerate':
      return { f: 'regenerate', session, to: null };
    default:
      return { f: act.do, session };
  }
}
