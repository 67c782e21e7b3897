import { createHash, createHmac } from 'node:crypto';
import { SignatureV4 } from '@smithy/signature-v4';
import type { Checksum, HttpRequest, SourceData } from '@smithy/types';
import { headerOf, type Received } from '../fake.ts';
import { refused } from './errors.ts';

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

const SKEW_MS_MAX = 5 * 60_000;

/** SHA-256 in the shape in which the signer takes it. */
class Sha256 implements Checksum {
  readonly #key: Buffer | undefined;
  #pieces: Buffer[] = [];

  constructor(key?: SourceData) {
    this.#key = key === undefined ? undefined : bytesOf(key);
  }

  update(piece: SourceData): void {
    this.#pieces.push(bytesOf(piece));
  }

  digest(): Promise<Uint8Array> {
    const hash = this.#key === undefined ? createHash('sha256') : createHmac('sha256', this.#key);
    for (const piece of this.#pieces) hash.update(piece);
    return Promise.resolve(new Uint8Array(hash.digest()));
  }

  reset(): void {
    this.#pieces = [];
  }
}

function bytesOf(data: SourceData): Buffer {
  if (typeof data === 'string') return Buffer.from(data);
  return ArrayBuffer.isView(data)
    ? Buffer.from(data.buffer, data.byteOffset, data.byteLength)
    : Buffer.from(data as ArrayBuffer);
}

const AUTHORIZATION =
  /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/([^/]+)\/aws4_request, ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/;

/** Signs the request again with what the caller should have, and compares. */
export async function checkSignature(request: Received, credentials: Credentials, region: string): Promise<void> {
  const [, keyId, day, scopeRegion, service, signed, signature] =
    AUTHORIZATION.exec(headerOf(request, 'authorization') ?? '') ?? [];
  if (keyId === undefined || signed === undefined) {
    throw refused(
      403,
      'IncompleteSignatureException',
      'Authorization header requires existence of either a valid credential, signature and signed headers.',
    );
  }
  if (keyId !== credentials.accessKeyId || headerOf(request, 'x-amz-security-token') !== credentials.sessionToken) {
    throw refused(403, 'UnrecognizedClientException', 'The security token included in the request is invalid.');
  }
  if (scopeRegion !== region)
    throw badSignature(`Credential should be scoped to a valid region, not '${String(scopeRegion)}'. `);
  if (service !== 'bedrock') throw badSignature("Credential should be scoped to correct service: 'bedrock'. ");
  const date = signedAt(request);
  if (date === undefined || !stamp(date).startsWith(day!))
    throw badSignature('Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP. ');
  checkSkew(date);
  const names = signed.split(';');
  const missing = requiredOf(request).find((name) => !names.includes(name));
  if (missing !== undefined) throw badSignature(`'${missing}' must be a 'SignedHeader' in the AWS Authorization. `);
  checkHash(request);
  if ((await signatureOf(request, credentials, region, date, names)) !== signature) throw badSignature();
}

function badSignature(detail = ''): Error {
  return refused(
    403,
    'InvalidSignatureException',
    detail === ''
      ? 'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.'
      : detail,
  );
}

/** The host, and whatever Amazon's own headers say. */
function requiredOf({ headers }: Received): string[] {
  return ['host', ...Object.keys(headers).filter((name) => name.startsWith('x-amz-') && name !== 'x-amz-user-agent')];
}

function signedAt(request: Received): Date | undefined {
  const found = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(headerOf(request, 'x-amz-date') ?? '');
  if (found === null) return undefined;
  const [, year, month, day, hour, minute, second] = found.map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  return new Date(Date.UTC(year, month - 1, day, hour, minute, second));
}

function stamp(date: Date): string {
  return date.toISOString().replace(/[-:]|\.\d+/g, '');
}

function checkSkew(date: Date): void {
  const now = Date.now();
  if (now - date.getTime() > SKEW_MS_MAX) {
    const edge = new Date(now - SKEW_MS_MAX);
    throw badSignature(
      `Signature expired: ${stamp(date)} is now earlier than ${stamp(edge)} (${stamp(new Date(now))} - 5 min.)`,
    );
  }
  if (date.getTime() - now > SKEW_MS_MAX) {
    const edge = new Date(now + SKEW_MS_MAX);
    throw badSignature(
      `Signature not yet current: ${stamp(date)} is still later than ${stamp(edge)} (${stamp(new Date(now))} + 5 min.)`,
    );
  }
}

function checkHash(request: Received): void {
  const told = headerOf(request, 'x-amz-content-sha256');
  if (told === undefined || told === 'UNSIGNED-PAYLOAD') return;
  if (told !== createHash('sha256').update(request.bytes).digest('hex')) {
    throw refused(
      403,
      'XAmzContentSHA256Mismatch',
      "The provided 'x-amz-content-sha256' header does not match what was computed.",
    );
  }
}

async function signatureOf(
  request: Received,
  credentials: Credentials,
  region: string,
  signingDate: Date,
  names: readonly string[],
): Promise<string | undefined> {
  const signer = new SignatureV4({
    credentials,
    region,
    service: 'bedrock',
    sha256: Sha256,
    applyChecksum: false,
    // The path is encoded once more than it is on the wire.
    uriEscapePath: true,
  });
  const unsigned: HttpRequest = {
    method: request.method,
    protocol: 'http:',
    hostname: '127.0.0.1',
    path: request.path,
    query: Object.fromEntries(request.query),
    headers: Object.fromEntries(names.map((name) => [name, headerOf(request, name) ?? ''])),
    body: request.bytes,
  };
  const signed = await signer.sign(unsigned, { signingDate, signableHeaders: new Set(names) });
  return AUTHORIZATION.exec(signed.headers['authorization'] ?? '')?.[6];
}
