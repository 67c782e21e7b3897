import { createHmac } from 'node:crypto';

const SECRET = 'a secret of the fake';

/** What proves later that a thought came from here. A thought that is not shown is proven as well. */
export function signatureOf(thinking: string): string {
  return createHmac('sha256', SECRET).update(thinking).digest('base64');
}

export function isOurSignature(signature: string, thinking: string): boolean {
  return signature === signatureOf(thinking);
}
