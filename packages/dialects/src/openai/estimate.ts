import type { Member } from '../json/scan.ts';
import { QUOTE } from '../json/skip.ts';

/** English text and JSON come to about four bytes a token in every current vocabulary. */
const bytesPerToken = 4;

/** What an image or a sound clip costs, whatever its size in base64. A high-detail picture is about this much. */
export const attachmentTokens = 1_000;

/** Shorter base64 counts as text. */
const attachmentBytesMin = 1_024;

/** Attachments are looked for only in values of at least this size. */
const searchBytesMin = 16_384;

/**
 * What stands before base64 in a chat request: `;base64,` in the data URLs of images and files, and the member of bare sound data.
 * The first byte is looked at apart: it is frequent in code, and a search that starts from it is several times slower.
 */
const MARKS: readonly { readonly first: number; readonly rest: Buffer }[] = [
  { first: 59, rest: Buffer.from('base64,') },
  { first: QUOTE, rest: Buffer.from('input_audio"') },
];

/** How many quotes may stand between a mark and its payload. */
const quotesMax = 8;

/**
 * Tokens of a prompt as far as its size tells, without tokenising: bytes over four, attachments at a flat rate. The engine's own
 * count replaces it as soon as it is known. It runs high for text escaped as `\uXXXX` and low for Chinese or Japanese.
 */
export function estimateTokens(body: Buffer, value: Member): number {
  let bytes = value.end - value.start;
  let attachments = 0;
  if (bytes >= searchBytesMin) {
    for (const { first, rest } of MARKS) {
      let at = body.indexOf(rest, value.start);
      while (at >= 0 && at < value.end) {
        const from = at + rest.length;
        const payload = body[at - 1] === first ? payloadBytes(body, from, value.end) : 0;
        if (payload > 0) {
          bytes -= payload;
          attachments += 1;
        }
        at = body.indexOf(rest, from + payload);
      }
    }
  }
  return Math.ceil(bytes / bytesPerToken) + attachments * attachmentTokens;
}

/** The size of the first long text without a quote; base64 needs none and no escape. */
function payloadBytes(body: Buffer, from: number, limit: number): number {
  let at = from;
  for (let quotes = 0; quotes < quotesMax; quotes += 1) {
    const quote = body.indexOf(QUOTE, at);
    if (quote < 0 || quote > limit) return 0;
    if (quote - at >= attachmentBytesMin) return quote - at;
    at = quote + 1;
  }
  return 0;
}
