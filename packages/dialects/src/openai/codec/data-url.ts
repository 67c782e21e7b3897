import type { Base64Source } from '../../canonical/request.ts';

const BASE64 = ';base64';

/** The content of a `data:` URL in base64, or null where it is something else. The data may be long, so nothing is matched against it. */
export function readDataUrl(url: string): Base64Source | null {
  const comma = url.indexOf(',');
  if (!url.startsWith('data:') || comma < 0) return null;
  const head = url.slice('data:'.length, comma);
  if (!head.endsWith(BASE64)) return null;
  const [mediaType = ''] = head.slice(0, -BASE64.length).split(';');
  return { kind: 'base64', mediaType: mediaType.toLowerCase(), data: url.slice(comma + 1) };
}

export function writeDataUrl(source: Base64Source): string {
  return `data:${source.mediaType};base64,${source.data}`;
}
