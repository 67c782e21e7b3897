import { Garbled } from '../canonical/feature.ts';
import { isObject, type JsonObject } from '../openai/accumulate.ts';
import type { Frame } from './event-stream/reader.ts';

/** The JSON object in a frame of an event. Throws `Garbled`. */
export function payloadOf(frame: Frame): JsonObject {
  let value: unknown;
  try {
    value = JSON.parse(frame.payload.toString());
  } catch {
    throw new Garbled(`the payload of ${frame.kind.name} is not JSON`);
  }
  if (!isObject(value)) throw new Garbled(`the payload of ${frame.kind.name} is no object`);
  return value;
}
