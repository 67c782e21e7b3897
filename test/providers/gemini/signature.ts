import { createHmac } from 'node:crypto';

const SECRET = 'a secret of the fake';
/** What the documentation gives to those who take over a conversation from another model. */
const STAND_INS = new Set(['skip_thought_signature_validator', 'context_engineering_is_the_way_to_go']);

export function signatureOf(what: string): string {
  return createHmac('sha256', SECRET).update(what).digest('base64');
}

/** Signatures are bytes; a proxy may have written them in either alphabet of base64. */
export function isValid(signature: string, what: string): boolean {
  return STAND_INS.has(signature) || Buffer.from(signature, 'base64').toString('base64') === signatureOf(what);
}
