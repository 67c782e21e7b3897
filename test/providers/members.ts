type Primitive = string | number | boolean | bigint | symbol | null | undefined;
type Depths = [never, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9];

/**
 * The paths of all members that a type has, through arrays and unions: `messages.content.type`. Where any name is allowed the path ends.
 * Two types of JSON with the same members have equal ones, whatever either of them makes optional.
 */
export type Members<T, Depth extends number = 9> = [Depth] extends [never]
  ? never
  : T extends Primitive
    ? never
    : T extends readonly (infer Item)[]
      ? Members<Item, Depths[Depth]>
      : T extends Uint8Array
        ? never
        : string extends keyof T
          ? never
          : { [Key in keyof T & string]-?: Key | `${Key}.${Members<NonNullable<T[Key]>, Depths[Depth]>}` }[keyof T &
              string];
