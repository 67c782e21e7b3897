import type { Codec } from '../codec.ts';

export const GEMINI_CODEC: Codec = null as unknown as Codec;
