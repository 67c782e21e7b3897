import { SAME_BYTES } from './bytes.ts';
import { BROKEN, REJECTED } from './faults.ts';
import { STRUCTURED } from './format.ts';
import { IMAGE } from './image.ts';
import type { Kind } from './kind.ts';
import { REFUSAL } from './refusal.ts';
import { TEXT } from './text.ts';
import { SERVED_TIER } from './tiers.ts';
import { TOOL_CALLS } from './tools.ts';
import { USAGE } from './usage.ts';

/** One table each, in this order. */
export const KINDS: readonly Kind[] = [
  TEXT,
  TOOL_CALLS,
  IMAGE,
  STRUCTURED,
  USAGE,
  SERVED_TIER,
  REFUSAL,
  REJECTED,
  BROKEN,
  SAME_BYTES,
];
