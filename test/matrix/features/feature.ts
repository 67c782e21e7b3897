import { isDeepStrictEqual } from 'node:util';
import type { Json } from '../../e2e/requests.ts';
import type { RouteName } from '../cell.ts';
import type { MountName } from '../mounts/mount.ts';

/** One thing that some wires can ask for and others cannot. */
export interface Feature {
  readonly title: string;
  /** How the wires that have it say it, in requests of their clients and in what their providers get. */
  readonly words: Readonly<Partial<Record<MountName, Word>>>;
  /** Another name of it, by which it may be refused, too. */
  readonly alsoCalled?: string;
  /** Wires whose providers do it without being asked. */
  readonly anyway?: readonly MountName[];
  /** To a model that can do it, where not every model can. */
  readonly route?: RouteName;
  readonly maxTokens?: number;
  readonly withTools?: true;
}

export interface Word {
  put(body: Json): void;
  /** Whether a provider that got this body was told. */
  arrived(body: Json): boolean;
}

/** A member at a path, `generationConfig.topK`, that says it all. */
export function member(path: string, value: unknown): Word {
  return {
    put: (body) => {
      set(body, path, value);
    },
    arrived: (body) => isDeepStrictEqual(get(body, path), value),
  };
}

/** Several of them. */
export function members(values: Readonly<Record<string, unknown>>): Word {
  const all = Object.entries(values).map(([path, value]) => member(path, value));
  return {
    put: (body) => {
      for (const one of all) one.put(body);
    },
    arrived: (body) => all.every((one) => one.arrived(body)),
  };
}

/** Where what arrives may look otherwise than what clients write. */
export function word(put: Word['put'], arrived: Word['arrived']): Word {
  return { put, arrived };
}

export function set(body: Json, path: string, value: unknown): void {
  const steps = path.split('.');
  const last = steps.pop()!;
  let place: Json = body;
  for (const step of steps) place = (place[step] ??= {}) as Json;
  place[last] = value;
}

/** Steps into lists are numbers, and from their end where they are negative. */
export function get(body: Json, path: string): unknown {
  let value: unknown = body;
  for (const step of path.split('.')) {
    if (Array.isArray(value)) value = (value as unknown[]).at(Number(step));
    else if (value !== null && typeof value === 'object') value = (value as Json)[step];
    else return undefined;
  }
  return value;
}
