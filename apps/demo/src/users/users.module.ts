import type { DynamicModule } from '@nestjs/common';
import { Module } from '@nestjs/common';
import { NUMBER_OF_DEMO_USERS, UsersService } from './users.service.js';

@Module({ providers: [UsersService], exports: [UsersService] })
export class UsersModule {
  static with(numberOfDemoUsers: number): DynamicModule {
    return {
      module: UsersModule,
      global: true,
      providers: [{ provide: NUMBER_OF_DEMO_USERS, useValue: numberOfDemoUsers }],
    };
  }
}
