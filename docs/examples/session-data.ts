import { Body, Controller, Get, Module, Post } from '@nestjs/common';
import { Session, SessionModule } from 'nestjs-redis-session';

// #region merging
declare module 'nestjs-redis-session' {
  interface SessionData {
    theme: 'light' | 'dark';
  }
}
// #endregion merging

// #region generic
interface Wishlist {
  wishes: { sku: string; addedAt: string }[];
}

@Controller('wishes')
export class WishesController {
  @Post()
  add(@Body('sku') sku: string, @Session() session: Session<Wishlist>) {
    session.wishes ??= [];
    session.wishes.push({ sku, addedAt: new Date().toISOString() });
    return session.wishes;
  }

  @Get()
  all(@Session() session: Session<Wishlist>) {
    return session.wishes ?? [];
  }
}
// #endregion generic

// #region merged
@Controller('theme')
export class ThemeController {
  @Post('dark')
  dark(@Session() session: Session) {
    session.theme = 'dark';
  }

  @Get()
  theme(@Session() session: Session) {
    return { theme: session.theme ?? 'light' };
  }
}
// #endregion merged

@Module({
  imports: [SessionModule.forRoot({ redis: process.env.REDIS_URL ?? 'redis://127.0.0.1:6379' })],
  controllers: [WishesController, ThemeController],
})
export class AppModule {}
