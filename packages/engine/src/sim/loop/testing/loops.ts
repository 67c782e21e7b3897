import { PROFILES } from '../../model/profiles.ts';
import type { EngineLoopOptions } from '../contract.ts';
import { EngineLoop } from '../engine-loop.ts';
import type { LoopRequest } from '../sequence.ts';

/** A small engine: 100 blocks, 8 slots, 64 tokens a step. */
export function loopWith(options: Partial<EngineLoopOptions> = {}): EngineLoop {
  return new EngineLoop({
    costs: PROFILES['h100-8b'].costs,
    kvTokens: 16 * 100,
    maxNumSeqs: 8,
    maxNumBatchedTokens: 64,
    longPrefillTokenThreshold: Infinity,
    prefixCache: true,
    ...options,
  });
}

export function request(id: string, fields: Partial<LoopRequest> = {}): LoopRequest {
  return { id, priority: 0, arrivalMs: 0, promptTokens: 32, outputTokens: 4, ...fields };
}

export function ids(views: readonly { readonly request: LoopRequest }[]): string[] {
  return views.map((view) => view.request.id);
}

/** Keys of a prompt whose first blocks are shared by everyone with the same family. */
export function family(name: number, sharedBlocks: number, own: number): (index: number) => number {
  return (index) => (index < sharedBlocks ? name * 1000 + index : name * 1000 + own * 50 + index);
}
