import { Body, Controller, Module, Put } from '@nestjs/common';
import { Session, SessionModule } from 'nestjs-redis-session';
import { CartData } from './cart-data.js';

// #region use
@Controller('cart')
class CartController {
  @Put()
  async replace(@Body('cart') cart: CartData['cart'], @Session() session: Session<CartData>) {
    session.cart = cart;
    await session.save(); // 400 with the problems if validation fails
    return cart;
  }
}

@Module({
  imports: [
    SessionModule.forRoot({
      redis: process.env.REDIS_URL ?? 'redis://127.0.0.1:6379',
      data: { class: CartData },
    }),
  ],
  controllers: [CartController],
})
export class AppModule {}
// #endregion use
