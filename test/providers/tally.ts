import { countTokens, type Asked, type Reply } from './script.ts';

/** What a test wants to be billed; the rest is counted. */
export interface UsageWish {
  /** All of the prompt, cached or not. */
  readonly input?: number;
  readonly cached?: number;
  readonly cacheWrite?: number;
  /** Of the prompt: sound. */
  readonly audio?: number;
  /** What the client sees of the answer. */
  readonly output?: number;
  readonly reasoning?: number;
}

/** The same numbers for every provider, who then add and leave out what they do. */
export interface Tally {
  /** Neither read from a cache nor written to one. */
  readonly fresh: number;
  readonly cached: number;
  readonly cacheWrite: number;
  /** Of all of these. */
  readonly audio: number;
  readonly visible: number;
  readonly reasoning: number;
}

export function tallyOf(asked: Asked, reply: Reply, wish: UsageWish): Tally {
  const cached = wish.cached ?? 0;
  const cacheWrite = wish.cacheWrite ?? 0;
  const calls = reply.calls.map(({ name, input }) => `${name} ${JSON.stringify(input)}`).join(' ');
  return {
    fresh: Math.max(0, (wish.input ?? countTokens(asked.prompt.trim()) + cached + cacheWrite) - cached - cacheWrite),
    cached,
    cacheWrite,
    audio: wish.audio ?? 0,
    visible: wish.output ?? Math.max(1, countTokens(reply.text) + countTokens(calls)),
    reasoning: wish.reasoning ?? countTokens(reply.reasoning),
  };
}
