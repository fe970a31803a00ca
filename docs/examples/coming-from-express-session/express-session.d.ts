// Stands for @types/express-session, which this repository does not install: only what before.ts uses.
declare module 'express-session' {
  import type { RequestHandler } from 'express';

  export interface SessionOptions {
    readonly store: object;
    readonly secret: string;
    readonly name: string;
    readonly resave: boolean;
    readonly saveUninitialized: boolean;
    readonly rolling: boolean;
    readonly cookie: { readonly secure: 'auto'; readonly maxAge: number };
  }

  export default function session(options: SessionOptions): RequestHandler;
}

declare namespace Express {
  interface Request {
    session: {
      userId?: string;
      visits?: number;
      regenerate(callback: (error?: Error) => void): void;
      destroy(callback: (error?: Error) => void): void;
    };
  }
}
