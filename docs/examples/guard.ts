import { Controller, Get, Global, Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { CurrentUser, Public, SessionGuard, SessionModule } from 'nestjs-redis-session';
import type { User } from './users.js';
import { Users } from './users.js';

@Global()
@Module({ providers: [Users], exports: [Users] })
class UsersModule {}

// #region guard
@Controller()
class PagesController {
  @Public()
  @Get('welcome')
  welcome() {
    return { text: 'Everybody may read this.' };
  }

  @Get('me')
  me(@CurrentUser() user: User) {
    return user;
  }

  @Get('my-city')
  city(@CurrentUser('address.city') city: string) {
    return { city };
  }
}

@Module({
  imports: [
    UsersModule,
    SessionModule.forRootAsync({
      inject: [Users],
      useFactory: (users: Users) => ({
        redis: process.env.REDIS_URL ?? 'redis://127.0.0.1:6379',
        users: { load: (id) => users.find(id) },
      }),
    }),
  ],
  controllers: [PagesController],
  providers: [{ provide: APP_GUARD, useClass: SessionGuard }],
})
export class AppModule {}
// #endregion guard
