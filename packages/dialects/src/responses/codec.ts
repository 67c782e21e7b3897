import type { Codec } from '../codec.ts';

export const RESPONSES_CODEC: Codec = null as unknown as Codec;
