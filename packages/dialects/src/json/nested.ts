import { parseExact } from './exact.ts';
import { jsonDepthMax, skipSpace, skipValue } from './skip.ts';

/** Completes "it is not valid JSON". */
export const nestedLimit: string = `or it is nested deeper than ${jsonDepthMax} levels`;

/**
 * Parses JSON that lies in a string of a body. The scan of the body stepped over it, so its depth is only known here: what is parsed is
 * written again, and to write a value calls itself for each of its levels. Numbers are kept as they are written. Throws.
 */
export function parseNested(text: string): unknown {
  const bytes = Buffer.from(text);
  skipValue(bytes, skipSpace(bytes, 0), 0, { lastComma: -1, attachments: 0, attachmentBytes: 0 });
  return parseExact(text);
}
