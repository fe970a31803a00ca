import { Body, Controller, Get, Put, UseGuards } from '@nestjs/common';
import { CurrentUser, Public, Session, SessionGuard } from 'nestjs-redis-session';
import { startApp } from '../support/app.js';
import { onEachPlatform } from '../support/platforms.js';

@Controller()
@UseGuards(SessionGuard)
class CarelessController {
  /** Lets clients name the fields of their session, which is careless, but must not make any client an administrator. */
  @Put('data')
  @Public()
  set(@Body() body: object, @Session() session: Session<Record<string, unknown>>): object {
    Object.assign(session, body);
    return {};
  }

  @Get('me')
  me(@CurrentUser('id') id: string): object {
    return { id };
  }
}

onEachPlatform((platform) => {
  test('without passport, a client that writes the field of passport does not sign in by it', async () => {
    const app = await startApp(platform, { controllers: [CarelessController] });
    const client = app.client();
    const { status } = await client.put('/data', { passport: { user: 'admin' } });

    expect(status).toBe(200);
    expect(await client.get('/me')).toMatchObject({ status: 401, body: { reason: 'anonymous' } });
    expect(await app.sessions.count('admin')).toBe(0);
    expect(await app.eventsOf('signed-in')).toEqual([]);
  });
});
