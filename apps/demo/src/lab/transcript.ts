/** A request of an attack and its response, with a cookie that can be recognized but not used. */
export interface Exchange {
  readonly by: string;
  readonly method: string;
  readonly path: string;
  readonly cookie: string | null;
  readonly sent: unknown;
  readonly status: number;
  readonly setCookie: string | null;
  readonly received: string;
}

export interface Step {
  readonly title: string;
  readonly exchanges: Exchange[];
  /** The number of exchanges that are left out, because they are like the others. */
  more: number;
  note: string | null;
}

const MAX_EXCHANGES = 3;
const VISIBLE_CHARACTERS = 6;
const MAX_BODY_LENGTH = 400;
const VALUE = /=([^;]*)/;

/** Records an attack, step by step. */
export class Transcript {
  readonly steps: Step[] = [];

  /** Begins a step, to which the following exchanges belong. */
  step(title: string): void {
    this.steps.push({ title, exchanges: [], more: 0, note: null });
  }

  /** Records the result of the current step. */
  note(text: string): void {
    this.current.note = text;
  }

  add(exchange: Exchange): void {
    if (this.current.exchanges.length < MAX_EXCHANGES) this.current.exchanges.push(exchange);
    else this.current.more++;
  }

  private get current(): Step {
    const step = this.steps.at(-1);
    if (!step) throw new Error('Call step() before the first exchange.');
    return step;
  }
}

/** Hides a cookie's value except for its first characters. */
export function masked(cookie: string): string {
  return cookie.replace(VALUE, (_all, value: string) =>
    value.length <= VISIBLE_CHARACTERS
      ? `=${value}`
      : `=${value.slice(0, VISIBLE_CHARACTERS)}… (${value.length} characters)`,
  );
}

/** Shortens a long body. */
export function excerpt(text: string): string {
  return text.length > MAX_BODY_LENGTH ? `${text.slice(0, MAX_BODY_LENGTH)}…` : text;
}
