import { parseWire } from '../../json/exact.ts';

/** Some engines hand arguments over parsed. */
const OTHERS: ReadonlySet<string> = new Set(['parameters', 'schema', 'arguments']);

/** See `Codec.parse`. For the chat wire, and for Responses, which has the same members. */
export function parseOpenai(text: string): unknown {
  return parseWire(text, OTHERS);
}
