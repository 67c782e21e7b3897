import type { Codec } from '../codec.ts';

export const BEDROCK_CODEC: Codec = null as unknown as Codec;
