import type { Codec } from '../codec.ts';

export const GROQ_CODEC: Codec = null as unknown as Codec;
