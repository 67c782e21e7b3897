import { IndexedHeap, type Tier } from '@offpeak/core';

/** A session that is not used for this long is forgotten. */
export const SESSION_IDLE_MS_MAX: number = 60 * 60_000;
/** When there are more, the project that has the most loses its least recently used one: nobody else's are pushed out. */
export const SESSIONS_MAX = 100_000;

export interface SessionBinding {
  readonly requested: Tier | 'auto';
  readonly tier: Tier;
  /** The engine or provider that served it last. */
  readonly upstream: string;
  readonly usedAt: number;
}

/** One project's, in order of last use: a Map iterates in the order of insertion, and every use inserts anew. */
interface OfProject {
  readonly project: string;
  readonly bindings: Map<string, SessionBinding>;
  slot: number;
}

/** Keeps a tool chain on one tier and one upstream, whose prompt cache then serves it. */
export class Sessions {
  readonly #max: number;
  readonly #projects = new Map<string, OfProject>();
  readonly #byMost = new IndexedHeap<'slot', OfProject>('slot', (a, b) => a.bindings.size > b.bindings.size);
  #size = 0;

  constructor(max: number = SESSIONS_MAX) {
    this.#max = max;
  }

  get size(): number {
    return this.#size;
  }

  get(project: string, session: string, at: number): SessionBinding | undefined {
    const of = this.#projects.get(project);
    const binding = of?.bindings.get(session);
    if (of === undefined || binding === undefined) return undefined;
    if (at - binding.usedAt > SESSION_IDLE_MS_MAX) {
      this.#forget(of, session);
      return undefined;
    }
    const used = { ...binding, usedAt: at };
    of.bindings.delete(session);
    of.bindings.set(session, used);
    return used;
  }

  bind(project: string, session: string, binding: SessionBinding): void {
    const of = this.#projects.get(project) ?? { project, bindings: new Map(), slot: -1 };
    if (of.bindings.size === 0) this.#projects.set(project, of);
    if (!of.bindings.delete(session)) this.#size += 1;
    of.bindings.set(session, binding);
    this.#byMost.place(of);
    if (this.#size <= this.#max) return;
    const most = this.#byMost.peek()!;
    this.#forget(most, most.bindings.keys().next().value!);
  }

  #forget(of: OfProject, session: string): void {
    of.bindings.delete(session);
    this.#size -= 1;
    if (of.bindings.size > 0) {
      this.#byMost.place(of);
      return;
    }
    this.#byMost.remove(of);
    this.#projects.delete(of.project);
  }
}
