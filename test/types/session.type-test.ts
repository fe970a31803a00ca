// What must compile, and what must not. `npm run types` checks it; nothing here runs.
import { Controller, Get, Post, Req } from '@nestjs/common';
import type { Request } from 'express';
import { CurrentUser, type RequestWithSession, Session, type SessionData } from 'nestjs-redis-session';

declare module 'nestjs-redis-session' {
  interface SessionData {
    basket: { name: string; count: number }[];
    visits: number;
  }
}

interface Wizard {
  step: number;
  answers: Record<string, string>;
  name?: string;
}

@Controller()
export class TypedController {
  @Get()
  merged(@Session() session: Session) {
    // @ts-expect-error -- a field may be absent
    session.basket.push({ name: 'pen', count: 1 });
    const count: number | undefined = session.basket?.[0]?.count;
    session.basket = [{ name: 'book', count: 1 }];
    delete session.visits;
    const id: string = session.id;

    // @ts-expect-error -- another type than was declared
    session.visits = 'two';
    // @ts-expect-error -- the field is not declared
    session.colour = 'red';
    // @ts-expect-error -- the id is given
    session.id = 'mine';
    return { count, id };
  }

  @Post()
  generic(@Session() session: Session<Wizard>) {
    // @ts-expect-error -- a field may be absent
    session.step += 1;
    const step: number = (session.step ?? 0) + 1;
    session.step = step;
    session.answers = { name: 'Alice' };

    // @ts-expect-error -- a field of others, declared for all, is none of this type's
    void session.basket;
    // @ts-expect-error -- another type
    session.answers = { age: 7 };
    return step;
  }

  async methods(@Session() session: Session<Wizard>): Promise<void> {
    await session.save();
    await session.reload();
    await session.touch();
    await session.regenerate();
    await session.regenerate({ keepData: false });
    await session.regenerate(['step']);
    session.regenerate(['step'], () => undefined);
    const step: number | undefined = session.get('step');
    session.set('step', (step ?? 0) + 1);
    session.set('step', undefined);
    // @ts-expect-error -- another type
    session.set('step', 'two');
    // @ts-expect-error -- the cookie is only read
    session.cookie.maxAge = 1;
    await session.destroy();
    const nothing: void = session.save((error?: unknown) => void error);
    session.regenerate(() => undefined);

    // @ts-expect-error -- with a callback there is no promise
    const promise: Promise<void> = session.save(() => undefined);
    // @ts-expect-error -- keepData is a boolean
    await session.regenerate({ keepData: 'yes' });
    return void [nothing, promise];
  }

  async atomic(@Session() session: Session<Wizard>): Promise<void> {
    const sum: number = await session.increment('step');
    await session.increment('step', -1);
    const answers: Record<string, string> | undefined = await session.update('answers', (value) => ({
      ...value,
      step: String(sum),
    }));

    // @ts-expect-error -- no number
    await session.increment('name');
    // @ts-expect-error -- no such field
    await session.increment('visits');
    // @ts-expect-error -- another type than the field has
    await session.update('name', () => 7);
    return void answers;
  }

  requests(@Req() request: Request, @Req() other: RequestWithSession<Wizard>): void {
    const count: number | undefined = request.session.basket?.length;
    const step: number | undefined = other.session.step;

    // @ts-expect-error -- the session cannot be replaced
    request.session = {};
    // @ts-expect-error -- the session cannot be replaced
    other.session = null;
    return void [count, step];
  }

  users(@CurrentUser() user: { id: string }, @CurrentUser('address.city') city: string): void {
    return void [user, city];
  }
}

export const data: SessionData = { basket: [], visits: 0 };
// @ts-expect-error -- the declared type holds outside of handlers too
export const wrong: SessionData = { basket: 'empty', visits: 0 };
