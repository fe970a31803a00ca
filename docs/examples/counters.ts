import { Body, Controller, Module, Post } from '@nestjs/common';
import { Session, SessionModule } from 'nestjs-redis-session';

// #region counters
interface Shop {
  visits: number;
  basket: Record<string, number>;
}

@Controller()
class ShopController {
  @Post('visit')
  async visit(@Session() session: Session<Shop>) {
    return { visits: await session.increment('visits') };
  }

  @Post('basket')
  async add(@Body('sku') sku: string, @Session() session: Session<Shop>) {
    return session.update('basket', (basket = {}) => ({ ...basket, [sku]: (basket[sku] ?? 0) + 1 }));
  }
}
// #endregion counters

@Module({
  imports: [SessionModule.forRoot({ redis: process.env.REDIS_URL ?? 'redis://127.0.0.1:6379' })],
  controllers: [ShopController],
})
export class AppModule {}
