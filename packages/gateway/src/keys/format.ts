import { hash, randomBytes } from 'node:crypto';

/**
 * A key is `op_<id>_<secret>`. The id finds the record and may be shown; the secret is 256 random bits, so one plain SHA-256
 * is enough to store it safely: there is nothing to guess that slow hashing would protect.
 */
export const KEY_PREFIX = 'op_';
const ID_LENGTH = 12;
const SECRET_BYTES = 32;
const SECRET_LENGTH = 43;
const ID_START = KEY_PREFIX.length;
const SECRET_START = ID_START + ID_LENGTH + 1;
const KEY_LENGTH = SECRET_START + SECRET_LENGTH;

/** Without 0, 1, l and o, which people confuse; 32 letters, so that a random byte maps to them evenly. */
const ID_LETTERS = '23456789abcdefghijkmnpqrstuvwxyz';

export interface NewKey {
  readonly id: string;
  /** The whole key. Shown once; only its hash is kept. */
  readonly key: string;
  readonly secretSha256: Uint8Array;
}

export function generateKey(): NewKey {
  let id = '';
  for (const byte of randomBytes(ID_LENGTH)) id += ID_LETTERS[byte % ID_LETTERS.length];
  const secret = randomBytes(SECRET_BYTES).toString('base64url');
  return { id, key: `${KEY_PREFIX}${id}_${secret}`, secretSha256: sha256(secret) };
}

/** The parts of what claims to be a key. Positions are fixed: a secret may itself contain `_`. */
export function parseKey(token: string): { readonly id: string; readonly secret: string } | undefined {
  if (token.length !== KEY_LENGTH || !token.startsWith(KEY_PREFIX) || token[SECRET_START - 1] !== '_') return undefined;
  return { id: token.slice(ID_START, ID_START + ID_LENGTH), secret: token.slice(SECRET_START) };
}

export function sha256(secret: string): Buffer {
  return hash('sha256', secret, 'buffer');
}
