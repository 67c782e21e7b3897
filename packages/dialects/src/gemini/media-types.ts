/** Types that Gemini reads and that an address's ending gives away. https://ai.google.dev/gemini-api/docs/file-input-methods, as of 2026-11. */
const BY_ENDING: ReadonlyMap<string, string> = new Map([
  ['png', 'image/png'],
  ['jpg', 'image/jpeg'],
  ['jpeg', 'image/jpeg'],
  ['webp', 'image/webp'],
  ['gif', 'image/gif'],
  ['bmp', 'image/bmp'],
  ['heic', 'image/heic'],
  ['heif', 'image/heif'],
  ['pdf', 'application/pdf'],
  ['txt', 'text/plain'],
  ['html', 'text/html'],
  ['css', 'text/css'],
  ['csv', 'text/csv'],
  ['xml', 'text/xml'],
  ['json', 'application/json'],
]);

export function mediaTypeOfUrl(url: string): string | undefined {
  const path = url.split(/[?#]/, 1)[0]!;
  const ending = path
    .slice(path.lastIndexOf('/') + 1)
    .split('.')
    .at(-1)!;
  return BY_ENDING.get(ending.toLowerCase());
}
