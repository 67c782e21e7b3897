import { parseWire } from '../json/exact.ts';

const OTHERS: ReadonlySet<string> = new Set(['input', 'input_schema', 'schema']);

/** See `Codec.parse`. */
export function parseAnthropic(text: string): unknown {
  return parseWire(text, OTHERS);
}
