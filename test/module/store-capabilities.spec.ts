import { Controller, Get, Post, UseGuards } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import {
  CurrentUser,
  MemoryStore,
  Session,
  SessionGuard,
  SessionModule,
  type SessionModuleOptions,
  SessionOptionsError,
  SessionService,
  SessionUsageError,
  type SessionUser,
} from 'nestjs-redis-session';
import type { SessionStore } from 'nestjs-redis-session/core';
import { startApp } from '../support/app.js';
import { onEachPlatform } from '../support/platforms.js';
import { log } from '../support/log-book.js';

/** Returns a store that has only the required methods. */
function minimalStore(memory: MemoryStore): SessionStore {
  return {
    load: (id) => memory.load(id),
    endOf: (id) => memory.endOf(id),
    create: (intent) => memory.create(intent),
    commit: (record, changes) => memory.commit(record, changes),
    regenerate: (intent) => memory.regenerate(intent),
    signIn: (intent) => memory.signIn(intent),
    destroy: (id, notice) => memory.destroy(id, notice),
    list: (userId) => memory.list(userId),
    revokeAll: (userId, notice, except) => memory.revokeAll(userId, notice, except),
    now: () => memory.now(),
  };
}

const memory = new MemoryStore();
afterAll(() => memory.close());

function start(options: SessionModuleOptions = {}) {
  const imports = [SessionModule.forRoot({ store: minimalStore(memory), ...options })];
  return Test.createTestingModule({ imports }).setLogger(log).compile();
}

it('a store without token rotation stops the start if rotation.every is set', async () => {
  const starting = start({ rotation: { every: '15m' } });
  await expect(starting).rejects.toThrow(SessionOptionsError);
  await expect(starting).rejects.toThrow(
    'rotation.every: expected a store with the capability "token-rotation", received one without rotate() and ' +
      'confirmRotation().',
  );
});

it('a session service rejects calls that the store lacks the capability for', async () => {
  const module = await start();
  await module.init();
  const sessions = module.get(SessionService);
  await expect(sessions.revokeEveryone()).rejects.toThrow(SessionUsageError);
  await expect(sessions.revokeEveryone()).rejects.toThrow('the capability "bulk-revocation"');
  expect(await sessions.count('alice')).toBe(0);
  await expect(sessions.ping()).resolves.toBeUndefined();
  await module.close();
});

@Controller()
class AccountController {
  constructor(private readonly sessions: SessionService) {}

  @Post('login')
  async login(@Session() session: Session): Promise<void> {
    await this.sessions.signIn(session, { id: 'alice' });
  }

  @Post('logout')
  logout(@Session() session: Session): Promise<void> {
    return this.sessions.signOut(session);
  }

  @Get('me')
  @UseGuards(SessionGuard)
  me(@CurrentUser() user: SessionUser): SessionUser {
    return user;
  }
}

onEachPlatform((platform) => {
  it('a minimal store serves sign-in, the guard and sign-out', async () => {
    const sessionModule = SessionModule.forRoot({ store: minimalStore(memory) });
    const app = await startApp(platform, { sessionModule, controllers: [AccountController] });
    const client = app.client();
    expect((await client.post('/login')).status).toBe(201);
    expect(await client.get('/me')).toMatchObject({ status: 200, body: { id: 'alice' } });
    expect((await client.post('/logout')).status).toBe(201);
    expect((await client.get('/me')).status).toBe(401);
  });
});
