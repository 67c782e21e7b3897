import { HttpRequest } from '@smithy/protocol-http';
import { SignatureV4 } from '@smithy/signature-v4';
import type { AwsCredentials } from '../config/config.ts';
import { Sha256 } from './sha256.ts';

/** A request that is about to be sent, and who signs it. */
export interface Unsigned {
  readonly method: string;
  /** As it will be sent: what has to be encoded in the path is encoded once. The signer encodes it once more, as Bedrock wants. */
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  readonly credentials: AwsCredentials;
  readonly region: string;
  readonly now: Date;
}

/** The headers with the signature among them, for HTTP/1.1. */
export async function signRequest(request: Unsigned): Promise<Record<string, string>> {
  const { method, url, headers, body, credentials, region, now } = request;
  const signer = new SignatureV4({ service: 'bedrock', region, credentials, sha256: Sha256 });
  const signed = await signer.sign(
    new HttpRequest({
      method,
      protocol: url.protocol,
      hostname: url.hostname,
      path: url.pathname,
      query: Object.fromEntries(url.searchParams),
      headers: { ...headers, host: url.host },
      body,
    }),
    { signingDate: now },
  );
  return signed.headers;
}
