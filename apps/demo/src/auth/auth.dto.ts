import { IsIn, IsOptional, IsString, Length, MaxLength } from 'class-validator';
import type { OnExceed } from 'nestjs-redis-session';

/** The optional fields of a sign-in, with which a client repeats a sign-in that the limit has rejected. */
export class SignInChoices {
  /** The public id of one of the user's sessions to end first. */
  @IsOptional()
  @IsString()
  @MaxLength(64)
  readonly end?: string;

  /** The policy for this sign-in when the limit is exceeded. The demo's setting applies by default. */
  @IsOptional()
  @IsIn(['evict-oldest', 'evict-idlest', 'reject'])
  readonly onExceed?: OnExceed;
}

/**
 * NIST SP 800-63B-4, 3.1.1.2: at least 8 characters for a password beside another factor, and a maximum of 64 or more.
 */
const MIN_PASSWORD_LENGTH = 8;
const MAX_PASSWORD_LENGTH = 128;

export class NewPassword {
  @IsString()
  @MaxLength(MAX_PASSWORD_LENGTH)
  readonly currentPassword!: string;

  @IsString()
  @Length(MIN_PASSWORD_LENGTH, MAX_PASSWORD_LENGTH)
  readonly password!: string;
}
