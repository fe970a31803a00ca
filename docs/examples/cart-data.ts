// #region class
import { Type } from 'class-transformer';
import { IsIn, IsInt, IsString, Min, ValidateNested } from 'class-validator';

class CartItem {
  @IsString()
  sku!: string;

  @IsInt()
  @Min(1)
  quantity!: number;
}

export class CartData {
  @ValidateNested({ each: true })
  @Type(() => CartItem)
  cart!: CartItem[];

  @IsIn(['EUR', 'USD'])
  currency!: string;
}
// #endregion class
