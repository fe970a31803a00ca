import {
  BadRequestException,
  Body,
  Controller,
  Delete,
  Get,
  HttpCode,
  Param,
  Post,
  Put,
} from '@nestjs/common';
import { Public, Session, SessionValueError } from 'nestjs-redis-session';
import { setTimeout as delay } from 'node:timers/promises';
import { FieldName, SlowWrite } from './data.dto.js';

/** The fields of a session, with names that clients choose. An application would declare its fields instead. */
type Fields = Session<Record<string, unknown>>;

@Controller('api')
@Public()
export class DataController {
  @Get('data')
  all(@Session() session: Fields): object {
    return { ...session };
  }

  @Put('data/:key')
  async set(
    @Param() { key }: FieldName,
    @Body('value') value: unknown,
    @Session() session: Fields,
  ): Promise<object> {
    if (value === undefined) throw new BadRequestException('The body must be an object with a "value".');
    await store(session, key, value);
    return { [key]: value };
  }

  @Delete('data/:key')
  @HttpCode(204)
  remove(@Param() { key }: FieldName, @Session() session: Fields): Promise<void> {
    return store(session, key, undefined);
  }

  /** Waits before writing to a session, which may have ended meanwhile. */
  @Post('slow')
  @HttpCode(200)
  async slow(@Body() { ms, key, value }: SlowWrite, @Session() session: Fields): Promise<object> {
    await delay(ms);
    await store(session, key, value);
    return { [key]: value };
  }
}

/** Saves at once rather than at the end of the request, so that a client whose session has ended gets 401. */
async function store(session: Fields, key: string, value: unknown): Promise<void> {
  try {
    session[key] = value;
    await session.save();
  } catch (error) {
    // Names and values come from the client, so an invalid one is the client's error.
    if (error instanceof SessionValueError) throw new BadRequestException(error.message);
    throw error;
  }
}
