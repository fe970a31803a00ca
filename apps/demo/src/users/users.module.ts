import type { DynamicModule } from '@nestjs/common';
import { Module } from '@nestjs/common';
import type { DemoUsers } from './users.service.js';
import { DEMO_USERS, UsersService } from './users.service.js';

@Module({ providers: [UsersService], exports: [UsersService] })
export class UsersModule {
  static with(users: DemoUsers): DynamicModule {
    return {
      module: UsersModule,
      global: true,
      providers: [{ provide: DEMO_USERS, useValue: users }],
    };
  }
}
