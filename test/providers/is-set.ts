/** JSON says of a member that it is not there by leaving it out or by null. */
export function isSet<T>(value: T | null | undefined): value is T {
  return value !== undefined && value !== null;
}
