import { Module } from '@nestjs/common';
import { AuthController } from './auth.controller.js';
import { LocalStrategy } from './local.strategy.js';

@Module({ controllers: [AuthController], providers: [LocalStrategy] })
export class AuthModule {}
