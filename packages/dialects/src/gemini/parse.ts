import { parseWire } from '../json/exact.ts';

/** A proto's members may be written under two names. */
const OTHERS: ReadonlySet<string> = new Set([
  'args',
  'response',
  'parameters',
  'parametersJsonSchema',
  'parameters_json_schema',
  'responseSchema',
  'response_schema',
  'responseJsonSchema',
  'response_json_schema',
]);

/** See `Codec.parse`. */
export function parseGemini(text: string): unknown {
  return parseWire(text, OTHERS);
}
