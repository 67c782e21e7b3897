import { createHmac } from 'node:crypto';
import { KEY_PREFIX } from '../keys/format.ts';

/** Says what the derived bytes are for, so that they are good for nothing else; a change of it changes all secrets. */
const PURPOSE = 'offpeak sigv4 1';

/**
 * A key `op_<id>_<secret>` as AWS's SDKs take credentials. The access key id is `op_<id>`. A signature is checked by making it again, so
 * that both sides need the same secret, and the server has no more of a key's than its SHA-256: the secret access key is derived from
 * that. Whoever can read the stored hashes can therefore sign requests, though not show the key; the database is to be guarded like the
 * keys where signatures are accepted.
 */
export function secretAccessKeyOf(secretSha256: Uint8Array): string {
  return createHmac('sha256', secretSha256).update(PURPOSE).digest('base64url');
}

export function accessKeyIdOf(keyId: string): string {
  return KEY_PREFIX + keyId;
}

/** Undefined: it is the access key id of somebody else's account. */
export function keyIdOf(accessKeyId: string): string | undefined {
  return accessKeyId.startsWith(KEY_PREFIX) ? accessKeyId.slice(KEY_PREFIX.length) : undefined;
}
