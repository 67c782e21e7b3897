import { hash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { HttpRequest } from '@smithy/protocol-http';
import { SignatureV4 } from '@smithy/signature-v4';
import { parseAuthorization, type Claim } from './parse.ts';
import { Sha256 } from './sha256.ts';

/** How far the clocks of client and server may be apart; AWS allows as much. */
const SKEW_MS_MAX = 5 * 60_000;

const SERVICE = 'bedrock';
const PAYLOAD_HASH = 'x-amz-content-sha256';
const DATE = 'x-amz-date';

/** A signed request as it came. */
export interface SignedRequest {
  readonly method: string;
  /** Path and query, not decoded and not shortened. */
  readonly target: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface Expected {
  /** ms since 1970. */
  readonly now: number;
  /** The only region that is accepted; absent: any. */
  readonly region?: string;
  /** The secret access key of an access key id. */
  secretOf(accessKeyId: string): string | undefined;
}

export type Verdict =
  | { readonly ok: true; readonly accessKeyId: string }
  | {
      readonly ok: false;
      /** `unknown-key`: there is nothing to check the signature with. The others are those of the problem `bad-signature`. */
      readonly reason: 'incomplete' | 'scope' | 'skewed' | 'unknown-key' | 'mismatch';
      readonly detail: string;
    };

export type Refusal = Extract<Verdict, { ok: false }>;

/** What is wrong with a claim whatever the body and the secret are: such a request need not be read. */
export function readClaim(
  headers: IncomingHttpHeaders,
  { now, region }: Pick<Expected, 'now' | 'region'>,
): { readonly ok: true; readonly claim: Claim } | Refusal {
  const parsed = parseAuthorization(headers.authorization ?? '');
  if (!parsed.ok) return refused('incomplete', parsed.detail);
  const { claim } = parsed;
  const refusal = wrongScope(claim, region) ?? unsigned(claim, headers) ?? skewed(claim, headers, now);
  return refusal ?? { ok: true, claim };
}

/** Makes the signature again from what came and what is claimed of it, and compares. */
export async function verifySignature(request: SignedRequest, expected: Expected): Promise<Verdict> {
  const read = readClaim(request.headers, expected);
  if (!read.ok) return read;
  const { claim } = read;
  const refusal = wrongPayload(request);
  if (refusal !== null) return refusal;
  const secret = expected.secretOf(claim.accessKeyId);
  if (secret === undefined)
    return refused('unknown-key', 'the access key id is not valid here: it is unknown, expired or revoked');
  if (await matches(request, claim, secret)) return { ok: true, accessKeyId: claim.accessKeyId };
  return refused('mismatch', MISMATCH);
}

const MISMATCH =
  'the signature does not match the request. Check the secret access key, and that nothing between client and server changes path, query, signed headers or body';

function refused(reason: Refusal['reason'], detail: string): Refusal {
  return { ok: false, reason, detail };
}

function wrongScope({ service, region }: Claim, wanted: string | undefined): Refusal | null {
  if (service !== SERVICE)
    return refused('scope', `the credential is scoped to the service '${service}'; it has to be '${SERVICE}'`);
  if (wanted === undefined || region === wanted) return null;
  return refused('scope', `the credential is scoped to the region '${region}'; it has to be '${wanted}'`);
}

/**
 * What decides where a request goes, when it was made, what it says and what it costs has to be signed. Other headers need not be: some
 * signers leave content-type out, and proxies add headers of their own.
 */
function unsigned({ signedHeaders }: Claim, headers: IncomingHttpHeaders): Refusal | null {
  const signed = new Set(signedHeaders);
  if (!signed.has('host') && !signed.has(':authority'))
    return refused('incomplete', "'host' or ':authority' has to be signed");
  if (!signed.has(DATE)) return refused('incomplete', `'${DATE}' has to be sent and signed`);
  for (const name of Object.keys(headers)) {
    const decides =
      name === PAYLOAD_HASH ||
      name === 'x-amz-security-token' ||
      name.startsWith('x-amzn-bedrock-') ||
      name.startsWith('offpeak-');
    if (decides && !signed.has(name)) return refused('incomplete', `'${name}' was sent and has to be signed`);
  }
  const absent = signedHeaders.find((name) => valueOf(headers, name) === undefined);
  return absent === undefined ? null : refused('incomplete', `'${absent}' is signed and did not arrive`);
}

function skewed({ date }: Claim, headers: IncomingHttpHeaders, now: number): Refusal | null {
  const told = valueOf(headers, DATE) ?? '';
  const signedAt = timeOf(told);
  if (signedAt === undefined) return refused('incomplete', `'${DATE}' has to be a time like 20261121T093000Z`);
  if (!told.startsWith(date)) return refused('incomplete', `the credential's date is not that of '${DATE}'`);
  if (Math.abs(now - signedAt) <= SKEW_MS_MAX) return null;
  // The SDK of AWS looks for these words, sets its clock by the answer's date, and tries again.
  const what = signedAt < now ? 'Signature expired' : 'Signature not yet current';
  const here = new Date(now).toISOString();
  return refused(
    'skewed',
    `${what}: it is of ${told} and here it is ${here}; at most ${SKEW_MS_MAX / 60_000} minutes may lie between`,
  );
}

/** Of the basic form of ISO 8601, and a moment that exists. */
function timeOf(text: string): number | undefined {
  const parts = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text);
  if (parts === null) return undefined;
  const [, year, month, day, hour, minute, second] = parts;
  const time = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  return Number.isNaN(time) ? undefined : time;
}

/** The signature covers this header; that the header is true of the body is left to be seen. */
function wrongPayload({ headers, body }: SignedRequest): Refusal | null {
  const told = valueOf(headers, PAYLOAD_HASH);
  if (told === undefined || told === hash('sha256', body, 'hex')) return null;
  if (/^[0-9a-f]{64}$/.test(told)) return refused('mismatch', `the body is not the one of '${PAYLOAD_HASH}'`);
  return refused('mismatch', `'${PAYLOAD_HASH}' has to be the SHA-256 of the body`);
}

async function matches(request: SignedRequest, claim: Claim, secretAccessKey: string): Promise<boolean> {
  const { method, target, headers, body } = request;
  const { accessKeyId, region, signedHeaders, signature } = claim;
  const { path, query } = splitTarget(target);
  if (query === null) return false;
  const credentials = { accessKeyId, secretAccessKey };
  // The header of the payload's hash is there or is not: to add it would change what is signed.
  const signer = new SignatureV4({ service: SERVICE, region, credentials, sha256: Sha256, applyChecksum: false });
  const signed: Record<string, string> = {};
  for (const name of signedHeaders) signed[name] = valueOf(headers, name)!;
  const again = await signer.sign(new HttpRequest({ method, path, query, headers: signed, body }), {
    signingDate: new Date(timeOf(signed[DATE]!)!),
    signableHeaders: new Set(signedHeaders),
  });
  const remade = parseAuthorization(again.headers['authorization'] ?? '');
  return remade.ok && timingSafeEqual(Buffer.from(remade.claim.signature), Buffer.from(signature));
}

/** Null: an escape in the query is none, and whoever signed it meant something else. */
function splitTarget(target: string): { readonly path: string; readonly query: Record<string, string[]> | null } {
  const mark = target.indexOf('?');
  if (mark < 0) return { path: target, query: {} };
  const query = Object.create(null) as Record<string, string[]>;
  try {
    for (const pair of target.slice(mark + 1).split('&')) {
      if (pair === '') continue;
      const equals = pair.indexOf('=');
      const name = decodeURIComponent(equals < 0 ? pair : pair.slice(0, equals));
      (query[name] ??= []).push(equals < 0 ? '' : decodeURIComponent(pair.slice(equals + 1)));
    }
  } catch {
    return { path: target.slice(0, mark), query: null };
  }
  return { path: target.slice(0, mark), query };
}

/** HTTP/2 calls the host `:authority`; a proxy that changes the version of HTTP hands on the same value under the other name. */
function valueOf(headers: IncomingHttpHeaders, name: string): string | undefined {
  const { host, ':authority': authority } = headers;
  if (name === 'host') return host ?? textOf(authority);
  if (name === ':authority') return textOf(authority) ?? host;
  return Object.hasOwn(headers, name) ? textOf(headers[name]) : undefined;
}

function textOf(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value.join(',') : value;
}
