import { Garbled } from '../canonical/feature.ts';
import { isObject, type JsonObject } from '../openai/accumulate.ts';
import { parseAnthropic } from './parse.ts';

/** Where a call's input comes whole, it comes with its beginning. */
const CALL_SIGN = '"tool_use"';

/** The data of an event says again what the event is called; some servers say it only there. */
export function parseEvent(data: string): JsonObject {
  let value: unknown;
  try {
    value = data.includes(CALL_SIGN) ? parseAnthropic(data) : JSON.parse(data);
  } catch {
    throw new Garbled('an event of the stream is not JSON');
  }
  if (!isObject(value)) throw new Garbled('an event of the stream is no object');
  return value;
}

/** The event as it goes out. Without its name, clients skip it. */
export function writeEvent(name: string, data: JsonObject): string {
  return `event: ${name}\ndata: ${JSON.stringify({ type: name, ...data })}\n\n`;
}
