import type { Member } from '../json/scan.ts';

/** English text and JSON come to about four bytes a token in every current vocabulary. */
const bytesPerToken = 4;

/** What an image or a sound clip costs, whatever its size in base64. A high-detail picture is about this much. */
export const attachmentTokens = 1_000;

/**
 * Tokens of a prompt as far as its size tells, without tokenising: bytes over four, attachments at a flat rate. The engine's own
 * count replaces it as soon as it is known. It runs high for text escaped as `\uXXXX` and low for Chinese or Japanese.
 */
export function estimateTokens(value: Member): number {
  const textBytes = value.end - value.start - value.attachmentBytes;
  return Math.ceil(textBytes / bytesPerToken) + value.attachments * attachmentTokens;
}
