import {
  type ArgumentMetadata,
  Body,
  Controller,
  Get,
  Injectable,
  type PipeTransform,
  Post,
  Req,
  UsePipes,
  ValidationPipe,
} from '@nestjs/common';
import { IsString } from 'class-validator';
import { CurrentUser, type RequestLike, Session, SessionService } from 'nestjs-redis-session';
import { startApp, type TestApp } from '../support/app.js';
import type { Client } from '../support/client.js';
import { onEachPlatform } from '../support/platforms.js';

class User {
  @IsString()
  readonly id!: string;

  @IsString()
  readonly secret!: string;
}

class Item {
  @IsString()
  readonly name!: string;
}

/** Returns the metadata of the parameter that the pipe receives. */
@Injectable()
class MetadataPipe implements PipeTransform {
  transform(value: unknown, { type, metatype }: ArgumentMetadata) {
    return { value, type, metatype: metatype?.name };
  }
}

@Controller()
class PipedController {
  constructor(private readonly sessions: SessionService) {}

  @Post('sign-in')
  signIn(@Req() request: RequestLike) {
    return this.sessions.signIn(request, { id: '42' });
  }

  /** Receives parameters whose emitted type is that of the decorator or a class. */
  @Post('items')
  add(@Session() session: Session<{ items?: string[] }>, @Body() item: Item, @CurrentUser() user: User) {
    session.items = [...(session.items ?? []), item.name];
    return { items: session.items, isItem: item instanceof Item, user };
  }

  @Get('id')
  id(@CurrentUser('id') id: number) {
    return { id };
  }

  @Get('own-pipe')
  own(@CurrentUser(MetadataPipe) user: User) {
    return user;
  }
}

@UsePipes(new ValidationPipe({ validateCustomDecorators: true, transform: true }))
@Controller('by-controller')
class PipedByControllerController extends PipedController {}

onEachPlatform((platform) => {
  describe.each<[string, string, object]>([
    ['for all handlers', '', { validateCustomDecorators: true }],
    ['for all handlers that transforms', '', { validateCustomDecorators: true, transform: true }],
    [
      'for all handlers that allows known fields only',
      '',
      { validateCustomDecorators: true, transform: true, whitelist: true, forbidNonWhitelisted: true },
    ],
    ['of a controller', '/by-controller', { disableErrorMessages: true }],
  ])('a ValidationPipe %s', (_which, path, options) => {
    let app: TestApp;
    let browser: Client;
    beforeAll(async () => {
      app = await startApp(platform, {
        controllers: [PipedController, PipedByControllerController],
        main: (nest) => nest.useGlobalPipes(new ValidationPipe(options)),
      });
      browser = app.client();
      await browser.post(`${path}/sign-in`);
    });

    test('a ValidationPipe validates the body, and leaves the session and the user unchanged', async () => {
      expect((await browser.post(`${path}/items`, { name: 'kite' })).body).toMatchObject({
        items: ['kite'],
        user: { id: '42' },
      });
      expect((await browser.post(`${path}/items`, { name: 'boat' })).body).toMatchObject({
        items: ['kite', 'boat'],
      });
      expect((await browser.post(`${path}/items`, { name: 7 })).status).toBe(400);
      expect((await browser.get(`${path}/id`)).body).toEqual({ id: '42' });
    });
  });

  test('a pipe of the parameter itself receives its type', async () => {
    const app = await startApp(platform, { controllers: [PipedController] });
    const browser = app.client();
    await browser.post('/sign-in');

    expect((await browser.get('/own-pipe')).body).toEqual({
      ...{ value: { id: '42' }, type: 'custom', metatype: 'User' },
    });
  });
});
