import { parseArgs, type ParseArgsOptionsConfig } from 'node:util';
import { WrongUse } from './wrong-use.ts';

/** The options of a bench as they were typed; what is no option is wrong use. */
export function flagsOf<Flags extends object>(
  argv: readonly string[],
  options: ParseArgsOptionsConfig,
  usage: string,
): Flags {
  try {
    return parseArgs({ args: [...argv], options }).values as Flags;
  } catch (error) {
    throw new WrongUse(`${(error as Error).message}\n\n${usage}`);
  }
}

/** Words separated by commas, each one of the allowed ones; all of these where nothing is said. */
export function listed<Word extends string>(
  text: string | undefined,
  flag: string,
  allowed: readonly Word[],
): readonly Word[] {
  if (text === undefined) return allowed;
  return text.split(',').map((part) => {
    const word = allowed.find((each) => each === part.trim());
    if (word === undefined) {
      throw new WrongUse(`${flag} knows no '${part.trim()}'; allowed: ${allowed.join(', ')}`);
    }
    return word;
  });
}

export interface Bounds {
  readonly min: number;
  readonly max: number;
}

/** Numbers separated by commas; undefined where nothing is said. */
export function numbers(text: string | undefined, flag: string, bounds: Bounds): readonly number[] | undefined {
  return text?.split(',').map((part) => numberOf(part, flag, bounds));
}

/** Whole numbers separated by commas; undefined where nothing is said. */
export function wholeNumbers(text: string | undefined, flag: string, bounds: Bounds): readonly number[] | undefined {
  const values = numbers(text, flag, bounds);
  const broken = values?.find((value) => !Number.isInteger(value));
  if (broken !== undefined) throw new WrongUse(`${flag} takes whole numbers, not '${broken}'`);
  return values;
}

function numberOf(part: string, flag: string, { min, max }: Bounds): number {
  const value = Number(part);
  if (part.trim() === '' || !(value >= min && value <= max)) {
    throw new WrongUse(`${flag} takes numbers from ${min} to ${max}, not '${part.trim()}'`);
  }
  return value;
}
