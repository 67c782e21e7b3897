import type { IncomingMessage } from 'node:http';
import type { Problem } from '@offpeak/dialects';
import type { Identity } from '../keys/ring.ts';
import { keyIdOf, secretAccessKeyOf } from '../sigv4/secret.ts';
import { readClaim, verifySignature, type Refusal } from '../sigv4/verify.ts';
import type { Services } from './services.ts';

/** A request that is signed instead of showing a key, as AWS's SDKs do. */
export function isSigned({ headers }: IncomingMessage): boolean {
  return headers.authorization?.startsWith('AWS4-HMAC-SHA256') === true;
}

/**
 * Who a signed request claims to be from; null where that is nobody here. It has proven nothing before its body is there; see
 * `checkSignature`. What is wrong with the claim in itself is told before the body is read.
 */
export function claimantOf({ keys, config }: Services, { headers }: IncomingMessage): Identity | Problem | null {
  const { region } = config.signatures;
  const read = readClaim(headers, { now: Date.now(), ...(region === undefined ? {} : { region }) });
  if (!read.ok) return problemOf(read);
  const keyId = keyIdOf(read.claim.accessKeyId);
  return keyId === undefined ? null : (keys?.signer(keyId)?.identity ?? null);
}

function problemOf({ reason, detail }: Refusal): Problem {
  return reason === 'unknown-key' ? { kind: 'unauthenticated', detail } : { kind: 'bad-signature', reason, detail };
}

/** Null: the request is from whom it claims to be from. */
export async function checkSignature(
  services: Services,
  { method = 'GET', url = '/', headers }: IncomingMessage,
  body: Buffer,
): Promise<Problem | null> {
  const { keys, config } = services;
  const { region } = config.signatures;
  const verdict = await verifySignature(
    { method, target: url, headers, body },
    {
      now: Date.now(),
      ...(region === undefined ? {} : { region }),
      secretOf: (accessKeyId) => {
        const keyId = keyIdOf(accessKeyId);
        const signer = keyId === undefined ? undefined : keys?.signer(keyId);
        return signer === undefined ? undefined : secretAccessKeyOf(signer.secretSha256);
      },
    },
  );
  if (verdict.ok) {
    keys?.used(keyIdOf(verdict.accessKeyId) ?? '');
    return null;
  }
  services.authRefused();
  return problemOf(verdict);
}
