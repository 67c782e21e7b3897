import type { Tier } from '@offpeak/core';

/** A session that is not used for this long is forgotten. */
export const SESSION_IDLE_MS_MAX: number = 60 * 60_000;
/** The least recently used one goes when there are more. */
export const SESSIONS_MAX = 100_000;

export interface SessionBinding {
  readonly requested: Tier | 'auto';
  readonly tier: Tier;
  /** The engine or provider that served it last. */
  readonly upstream: string;
  readonly usedAt: number;
}

/** Keeps a tool chain on one tier and one upstream, whose prompt cache then serves it. */
export class Sessions {
  /** In order of last use: a Map iterates in the order of insertion, and every use inserts anew. */
  readonly #bindings = new Map<string, SessionBinding>();

  get(project: string, session: string, at: number): SessionBinding | undefined {
    const key = keyOf(project, session);
    const binding = this.#bindings.get(key);
    if (binding === undefined) return undefined;
    this.#bindings.delete(key);
    if (at - binding.usedAt > SESSION_IDLE_MS_MAX) return undefined;
    const used = { ...binding, usedAt: at };
    this.#bindings.set(key, used);
    return used;
  }

  bind(project: string, session: string, binding: SessionBinding): void {
    const key = keyOf(project, session);
    this.#bindings.delete(key);
    this.#bindings.set(key, binding);
    if (this.#bindings.size <= SESSIONS_MAX) return;
    const oldest = this.#bindings.keys().next().value;
    if (oldest !== undefined) this.#bindings.delete(oldest);
  }
}

/** Project names cannot contain a line feed, so two projects' sessions never share a key. */
function keyOf(project: string, session: string): string {
  return `${project}\n${session}`;
}
