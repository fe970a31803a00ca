import { Controller, HttpCode, Module, Post, Req, UseGuards } from '@nestjs/common';
import type { RequestWithSession } from 'nestjs-redis-session';
import { Session, SessionGuard, SessionModule } from 'nestjs-redis-session';

interface Shop {
  basket: string[];
}

@Controller()
class ElevationController {
  // #region promise
  @Post('become-seller')
  @UseGuards(SessionGuard)
  async becomeSeller(@Session() session: Session<Shop>) {
    // … grant the role, and then:
    await session.regenerate();
    return { basket: session.basket };
  }
  // #endregion promise

  // #region callback
  @Post('start-over')
  @HttpCode(200)
  startOver(@Req() request: RequestWithSession<Shop>) {
    return new Promise<object>((resolve, reject) => {
      request.session.regenerate((error) => {
        if (error instanceof Error) return reject(error);
        resolve({ basket: request.session.basket ?? [] }); // a new session, empty and anonymous
      });
    });
  }
  // #endregion callback

  @Post('fill')
  fill(@Session() session: Session<Shop>) {
    session.basket = ['apple'];
  }
}

@Module({
  imports: [SessionModule.forRoot({ redis: process.env.REDIS_URL ?? 'redis://127.0.0.1:6379' })],
  controllers: [ElevationController],
})
export class AppModule {}
