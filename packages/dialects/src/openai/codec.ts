import type { Codec } from '../codec.ts';

export const OPENAI_CODEC: Codec = null as unknown as Codec;
