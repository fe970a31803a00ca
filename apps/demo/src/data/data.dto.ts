import { IsInt, IsNotIn, IsString, Length, Max, Min } from 'class-validator';

/** Passport stores the signed-in user in this field, and the session module trusts it. Clients must not write it. */
const PASSPORT_FIELD = 'passport';

export class FieldName {
  @Length(1, 64)
  @IsNotIn([PASSPORT_FIELD], { message: 'key "$value" is reserved. Choose another one.' })
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
