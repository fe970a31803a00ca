import { SessionUnavailableError } from '../../core/errors/errors.js';

/** Stops what comes to it, at a point of a race that a test has chosen, until the test lets it go on. */
export class Gate {
  /** Settles when something has come to the gate. */
  readonly arrived: Promise<void>;
  private readonly passage: Promise<void>;
  private arrive!: () => void;
  private release!: () => void;
  private refuse!: (error: Error) => void;

  constructor() {
    this.arrived = new Promise((resolve) => (this.arrive = resolve));
    this.passage = new Promise((resolve, reject) => {
      this.release = resolve;
      this.refuse = reject;
    });
    // The gate may be made to fail before any caller arrives.
    this.passage.catch(() => undefined);
  }

  /** Comes to the gate. Settles as the gate does. */
  pass(): Promise<void> {
    this.arrive();
    return this.passage;
  }

  /** Lets everything pass, from now on. */
  open(): void {
    this.release();
  }

  /**
   * Lets nothing pass, from now on. Behind a store's operation this is a reply that got lost: the store did it, and the
   * caller never hears.
   *
   * @param error what the caller gets in place of the reply
   */
  fail(error: Error = new SessionUnavailableError('answer', 'the connection was cut')): void {
    this.refuse(error);
  }
}
