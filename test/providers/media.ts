/** What the first bytes say that a file is; undefined for kinds that no provider here takes as an image or a document. */
export function sniffed(bytes: Buffer): string | undefined {
  if (bytes.subarray(0, 8).equals(Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]))) return 'image/png';
  if (bytes.subarray(0, 3).equals(Buffer.from([0xff, 0xd8, 0xff]))) return 'image/jpeg';
  const head = bytes.subarray(0, 12).toString('latin1');
  if (head.startsWith('GIF87a') || head.startsWith('GIF89a')) return 'image/gif';
  if (head.startsWith('RIFF') && head.endsWith('WEBP')) return 'image/webp';
  return head.startsWith('%PDF-') ? 'application/pdf' : undefined;
}

/** Null: it is no base64. */
export function fromBase64(text: string): Buffer | null {
  return text.length > 0 && text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text)
    ? Buffer.from(text, 'base64')
    : null;
}

/** Null: it is no data URL in base64. */
export function fromDataUrl(url: string): { readonly type: string; readonly bytes: Buffer } | null {
  const found = /^data:([\w.+-]+\/[\w.+-]+);base64,(.*)$/s.exec(url);
  const bytes = found === null ? null : fromBase64(found[2]!);
  return bytes === null ? null : { type: found![1]!, bytes };
}

export function named(type: string, bytes: Buffer): string {
  return `${type} ${bytes.length} bytes`;
}

/** One pixel. */
export const PNG_BASE64 =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
