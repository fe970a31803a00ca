import { Test } from '@nestjs/testing';
import { MemoryStore, SessionModule, SessionService } from 'nestjs-redis-session';
import { signInAs, TestClock } from 'nestjs-redis-session/testing';
import type { INestApplication } from '@nestjs/common';
import { type Member, shiftPolicy } from './shift-policy.js';

const SIX_PM = 18 * 60;

describe('a policy that follows shifts', () => {
  let app: INestApplication;
  let clock: TestClock;
  let sessions: SessionService;

  const start = async (at: string) => {
    clock = new TestClock(new Date(at));
    const policy = shiftPolicy({ endsAtMinute: SIX_PM, now: () => clock.now() });
    const imports = [SessionModule.forRoot({ store: new MemoryStore({ clock }), ...policy })];
    app = (await Test.createTestingModule({ imports }).compile()).createNestApplication();
    await app.init();
    sessions = app.get(SessionService);
  };
  const signIn = async (user: Member) => {
    const { sessionId } = await signInAs(app, user);
    return (await sessions.get(sessionId))!;
  };
  afterEach(() => app.close());

  it('ends a session with the shift, whenever its user signed in', async () => {
    await start('2026-11-27T17:45:00Z');
    const session = await signIn({ id: 'ada', role: 'staff' });
    expect(session.absoluteEndAt).toEqual(new Date('2026-11-27T18:00:00Z'));
    clock.advance('15m');
    expect(await sessions.count('ada')).toBe(0);
  });

  it('lets a session that begins after the end of a shift live until the next one ends', async () => {
    await start('2026-11-27T18:00:00Z');
    const session = await signIn({ id: 'ada', role: 'staff' });
    expect(session.absoluteEndAt).toEqual(new Date('2026-11-28T18:00:00Z'));
  });

  it('gives a terminal two minutes and one session', async () => {
    await start('2026-11-27T09:00:00Z');
    const till: Member = { id: 'till', role: 'terminal' };
    await signIn(till);
    const session = await signIn(till);
    expect(session.idleEndAt).toEqual(new Date('2026-11-27T09:02:00Z'));
    expect((await sessions.list('till')).map(({ id }) => id)).toEqual([session.id]);
  });
});
