import { IsIn, IsOptional, IsString, MaxLength } from 'class-validator';
import type { OnExceed } from 'nestjs-redis-session';

/** What comes with a username and a password, once a sign-in has been refused. */
export class SignInChoices {
  /** One of the user's sessions that shall make room. */
  @IsOptional()
  @IsString()
  @MaxLength(64)
  readonly end?: string;

  /** What happens beyond the limit, in place of the demo's setting. */
  @IsOptional()
  @IsIn(['evict-oldest', 'evict-idlest', 'reject'])
  readonly onExceed?: OnExceed;
}

export class NewPassword {
  @IsString()
  @MaxLength(128)
  readonly password!: string;
}
