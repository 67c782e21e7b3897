import { CONTENT } from './content.ts';
import type { Feature } from './feature.ts';
import { SAMPLING } from './sampling.ts';
import { THINKING } from './thinking.ts';
import { TOOL_FEATURES } from './tools.ts';

/** The rows of the features' table. */
export const FEATURES: readonly Feature[] = [...CONTENT, ...TOOL_FEATURES, ...THINKING, ...SAMPLING];
