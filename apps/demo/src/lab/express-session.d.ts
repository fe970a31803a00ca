// Both @types/express-session and nestjs-redis-session declare `request.session` for every Express request, and the two
// declarations conflict. So this file declares only what the lab calls.
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
