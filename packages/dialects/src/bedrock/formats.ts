/** The formats that Bedrock names, and the media types by which other wires name them. */
export const IMAGE_TYPES: ReadonlyMap<string, string> = new Map([
  ['png', 'image/png'],
  ['jpeg', 'image/jpeg'],
  ['gif', 'image/gif'],
  ['webp', 'image/webp'],
]);

export const DOCUMENT_TYPES: ReadonlyMap<string, string> = new Map([
  ['pdf', 'application/pdf'],
  ['csv', 'text/csv'],
  ['doc', 'application/msword'],
  ['docx', 'application/vnd.openxmlformats-officedocument.wordprocessingml.document'],
  ['xls', 'application/vnd.ms-excel'],
  ['xlsx', 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet'],
  ['html', 'text/html'],
  ['txt', 'text/plain'],
  ['md', 'text/markdown'],
]);

/** The format of a media type; parameters such as a charset say nothing here. */
export function formatOf(types: ReadonlyMap<string, string>, mediaType: string): string | undefined {
  const [bare = ''] = mediaType.toLowerCase().split(';');
  const wanted = bare.trim() === 'image/jpg' ? 'image/jpeg' : bare.trim();
  for (const [format, type] of types) if (type === wanted) return format;
  return undefined;
}
