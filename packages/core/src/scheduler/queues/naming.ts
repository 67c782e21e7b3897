import type { Engine } from '../engines/engine.ts';

/** Lists of engines that were named lately. Whoever names a whole fleet does so with each of its tickets. */
const NAMINGS_MAX = 8;

/** Engines that tickets name one by one, looked up once for all tickets that name the same. */
export class Naming {
  /** As the last ticket gave them. */
  #names: readonly string[];
  #key: string | null = null;
  #engines: readonly Engine[] = [];
  /** The generation of the pool's engines that these were found for. */
  #generation = -1;

  constructor(names: readonly string[]) {
    this.#names = names;
  }

  /** The same for the same names in whatever order. */
  get key(): string {
    this.#key ??= JSON.stringify([...this.#names].sort());
    return this.#key;
  }

  isOf(names: readonly string[]): boolean {
    const mine = this.#names;
    if (mine === names) {
      return true;
    }
    if (mine.length !== names.length) {
      return false;
    }
    for (let at = 0; at < names.length; at += 1) {
      if (mine[at] !== names[at]) {
        return false;
      }
    }
    this.#names = names;
    return true;
  }

  /** Those of them that are known, in the order in which they came. */
  among(known: ReadonlyMap<string, Engine>, generation: number): readonly Engine[] {
    if (this.#generation !== generation) {
      this.#generation = generation;
      this.#engines = enginesNamed(this.#names, known);
    }
    return this.#engines;
  }
}

/** The last few, the one that was asked for last in front. */
export class Namings {
  readonly #recent: Naming[] = [];

  of(names: readonly string[]): Naming {
    const recent = this.#recent;
    const at = recent.findIndex((naming) => naming.isOf(names));
    if (at === 0) {
      return recent[0]!;
    }
    const naming = at < 0 ? new Naming(names) : recent[at]!;
    if (at > 0) recent.splice(at, 1);
    else if (recent.length === NAMINGS_MAX) recent.pop();
    recent.unshift(naming);
    return naming;
  }
}

export function enginesNamed(names: Iterable<string>, known: ReadonlyMap<string, Engine>): Engine[] {
  const engines: Engine[] = [];
  for (const name of names) {
    const engine = known.get(name);
    if (engine !== undefined) engines.push(engine);
  }
  return engines.sort((a, b) => a.seq - b.seq);
}
