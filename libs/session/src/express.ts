import type { Session } from './core/session/session.js';

declare global {
  // eslint-disable-next-line @typescript-eslint/no-namespace -- the way to type Express' request
  namespace Express {
    interface Request {
      /** The session of this request. */
      readonly session: Session;
    }
  }
}
