/** One request of an attack and its answer, as they are shown. Cookies are told apart, and cannot be used. */
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
  /** How many more there were, of the same kind. */
  more: number;
  note: string | null;
}

const SHOWN = 3;
const SHOWN_LETTERS = 6;
const MOST_TEXT = 400;
const VALUE = /=([^;]*)/;

/** What an attack did, step by step. */
export class Transcript {
  readonly steps: Step[] = [];

  /** Begins a step: what is exchanged from here on belongs to it. */
  step(title: string): void {
    this.steps.push({ title, exchanges: [], more: 0, note: null });
  }

  /** Says what came of the present step. */
  note(text: string): void {
    this.current.note = text;
  }

  add(exchange: Exchange): void {
    if (this.current.exchanges.length < SHOWN) this.current.exchanges.push(exchange);
    else this.current.more++;
  }

  private get current(): Step {
    const step = this.steps.at(-1);
    if (!step) throw new Error('A transcript begins with a step.');
    return step;
  }
}

/** A cookie with the beginning of its value only. */
export function masked(cookie: string): string {
  return cookie.replace(VALUE, (_all, value: string) =>
    value.length <= SHOWN_LETTERS
      ? `=${value}`
      : `=${value.slice(0, SHOWN_LETTERS)}… (${value.length} characters)`,
  );
}

/** As much of a body as anybody reads. */
export function excerpt(text: string): string {
  return text.length > MOST_TEXT ? `${text.slice(0, MOST_TEXT)}…` : text;
}
