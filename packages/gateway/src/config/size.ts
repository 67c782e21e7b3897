const UNITS_BYTES: Readonly<Record<string, number>> = {
  B: 1,
  KiB: 1_024,
  MiB: 1_024 ** 2,
  GiB: 1_024 ** 3,
  TiB: 1_024 ** 4,
};
const SIZE = /^(\d{1,12})(B|KiB|MiB|GiB|TiB)$/;

/** For messages and the schema. */
export const SIZE_FORM = '512KiB, 64MiB or 2GiB';
export const SIZE_PATTERN = '\\d{1,12}(B|KiB|MiB|GiB|TiB)';

/** `512KiB`, `64MiB`, `2GiB` in bytes; null if it is none of these. */
export function parseSize(text: string): number | null {
  const match = SIZE.exec(text);
  if (match === null) return null;
  const bytes = Number(match[1]) * (UNITS_BYTES[match[2] ?? ''] ?? NaN);
  return Number.isSafeInteger(bytes) ? bytes : null;
}
