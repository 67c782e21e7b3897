import type { Codec } from '../codec.ts';

export const ANTHROPIC_CODEC: Codec = null as unknown as Codec;
