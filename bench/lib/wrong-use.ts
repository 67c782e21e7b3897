/** The caller asked for something that does not exist. `bench/run.ts` prints it and exits 2; every other error exits 1. */
export class WrongUse extends Error {
  override readonly name = 'WrongUse';
}
