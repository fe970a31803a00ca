import { IsInt, IsNotIn, IsString, Length, Max, Min } from 'class-validator';

/** Passport keeps there who is signed in, and the session module believes it: nothing for clients to write. */
const PASSPORT_FIELD = 'passport';

export class FieldName {
  @Length(1, 64)
  @IsNotIn([PASSPORT_FIELD], { message: 'key "$value" is reserved. Take another one.' })
  readonly key!: string;
}

export class SlowWrite extends FieldName {
  @IsInt()
  @Min(0)
  @Max(10_000)
  readonly ms!: number;

  @IsString()
  readonly value!: string;
}
