/** What the `Authorization` header of a signed request claims. */
export interface Claim {
  readonly accessKeyId: string;
  /** `20261121`. */
  readonly date: string;
  readonly region: string;
  readonly service: string;
  /** Lower case, in the order of the header. */
  readonly signedHeaders: readonly string[];
  /** 64 hexadecimal digits. */
  readonly signature: string;
}

export type Parsed = { readonly ok: true; readonly claim: Claim } | { readonly ok: false; readonly detail: string };

const ALGORITHM = 'AWS4-HMAC-SHA256';

const SCOPE = /^([^/\s]{1,128})\/(\d{8})\/([a-z0-9-]{1,64})\/([a-z0-9-]{1,64})\/aws4_request$/;
const HEADER_LIST = /^:?[a-z0-9_-]+(?:;:?[a-z0-9_-]+)*$/;
const SIGNATURE = /^[0-9a-f]{64}$/;

/** `AWS4-HMAC-SHA256 Credential=<id>/<date>/<region>/<service>/aws4_request, SignedHeaders=a;b, Signature=<hex>` */
export function parseAuthorization(header: string): Parsed {
  const space = header.indexOf(' ');
  const algorithm = space < 0 ? header : header.slice(0, space);
  if (algorithm !== ALGORITHM) return refused(`signatures are of the kind ${ALGORITHM} here`);
  const members = new Map<string, string>();
  for (const part of header.slice(algorithm.length).split(',')) {
    const equals = part.indexOf('=');
    const name = part.slice(0, Math.max(0, equals)).trim();
    if (equals < 0 || members.has(name)) return refused('the Authorization header is not a list of three members');
    members.set(name, part.slice(equals + 1).trim());
  }
  const scope = SCOPE.exec(members.get('Credential') ?? '');
  const names = members.get('SignedHeaders') ?? '';
  const signature = members.get('Signature') ?? '';
  if (scope === null) return refused('Credential has to be <access key id>/<yyyymmdd>/<region>/<service>/aws4_request');
  if (!HEADER_LIST.test(names))
    return refused('SignedHeaders has to be names of headers in lower case, separated by semicolons');
  if (!SIGNATURE.test(signature)) return refused('Signature has to be 64 hexadecimal digits in lower case');
  const [, accessKeyId = '', date = '', region = '', service = ''] = scope;
  return { ok: true, claim: { accessKeyId, date, region, service, signedHeaders: names.split(';'), signature } };
}

function refused(detail: string): Parsed {
  return { ok: false, detail };
}
