import type { Asked } from './asked.ts';

/**
 * Whether nothing can be learned of an engine from when a request's tokens come: because the answer comes in one piece, which that of
 * an evictable tier never does, or because its tokens are those of several choices at once.
 */
export function silenceOf({ operation, choices, facts }: Asked): boolean | 'interactive' {
  if (operation === 'embeddings' || choices > 1) return true;
  return facts.stream ? false : 'interactive';
}
