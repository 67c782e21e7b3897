import { createHmac } from 'node:crypto';

const SECRET = 'a secret of the fake';

/** What a client keeps of thoughts where the provider keeps nothing. */
export function encryptionOf(id: string): string {
  return `gAAAA${createHmac('sha256', SECRET).update(id).digest('base64')}`;
}

export function isOurEncryption(text: string, id: string): boolean {
  return text === encryptionOf(id);
}
