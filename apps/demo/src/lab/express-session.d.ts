// The types of express-session say of every request of Express what its session is, and so do those of
// nestjs-redis-session. Here both are in use, so of this one there is only what the lab calls.
declare module 'express-session' {
  import type { RequestHandler } from 'express';

  export interface SessionOptions {
    readonly secret: string;
    readonly resave: boolean;
    readonly saveUninitialized: boolean;
    readonly store?: object;
  }

  export default function session(options: SessionOptions): RequestHandler;
}
