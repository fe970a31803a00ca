import { IsIn, IsOptional, IsString, Length, MaxLength } from 'class-validator';
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

/** NIST SP 800-63B-4, 3.1.1.2: at least 8 characters where it is not the only factor, and at least 64 allowed. */
const SHORTEST_PASSWORD = 8;
const LONGEST_PASSWORD = 128;

export class NewPassword {
  @IsString()
  @MaxLength(LONGEST_PASSWORD)
  readonly currentPassword!: string;

  @IsString()
  @Length(SHORTEST_PASSWORD, LONGEST_PASSWORD)
  readonly password!: string;
}
