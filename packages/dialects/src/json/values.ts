import { COLON, COMMA, QUOTE, skipString } from './skip.ts';

/**
 * A body that has to be written anew may hold so many values: parsing and writing takes time for each, in which nobody else is served. Long
 * conversations with hundreds of tools have a tenth of it; text and pictures, however large, are one value each.
 */
export const translatedValuesMax = 250_000;

/** Whether a body holds more values than that; names count as well. It must have been scanned. */
export function hasTooManyValues(body: Buffer, valuesMax: number = translatedValuesMax): boolean {
  // Each value but the first has a sign before it.
  if (body.length <= valuesMax) return false;
  let signs = 0;
  for (let at = 0; at < body.length && signs < valuesMax;) {
    const byte = body[at]!;
    if (byte === QUOTE) at = skipString(body, at);
    else {
      if (byte === COMMA || byte === COLON) signs += 1;
      at += 1;
    }
  }
  return signs >= valuesMax;
}
