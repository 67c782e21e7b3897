import type { IncomingHttpHeaders } from 'node:http';
import type { DialectName, PostOperation } from '@offpeak/dialects';
import type { AwsCredentials } from '../../config/config.ts';

/** One request to a provider, apart from its body. */
export interface ProviderCall {
  /** Which of the provider's interfaces. */
  readonly wire: DialectName;
  readonly operation: PostOperation | 'count-tokens';
  readonly model: string;
  readonly stream: boolean;
  /** The tier's word, for interfaces that take it in a header. */
  readonly tierWord: string | null;
  /** Bedrock's InvokeModel, whose body is the model's own. */
  readonly invoke: boolean;
  /** Headers of a client that speaks the provider's own wire; empty when the request was translated. */
  readonly client: IncomingHttpHeaders;
}

/** Who pays at the provider. */
export type Credential = { readonly kind: 'key'; readonly key: string } | ({ readonly kind: 'aws' } & AwsCredentials);

/** What Offpeak must know of a provider apart from its wires: addresses, headers, and how a key is shown. One per provider. */
export interface Protocol {
  /** The wire that requests of `mount` go to; a wire of the mount's own name means that bytes are forwarded. */
  wireFor(mount: DialectName, operation: ProviderCall['operation']): DialectName | null;
  /** Behind the configured URL. */
  path(call: ProviderCall): string;
  /** Constant headers, and those of the client that the provider's wire gives a meaning to. */
  headers(call: ProviderCall): Record<string, string>;
  /** Where the provider lists its models, and their names in what it answers; null where it lists none. */
  readonly listing: { readonly path: string; read(body: unknown): string[] } | null;
  /** The header that shows a key. */
  keyHeader(key: string): readonly [name: string, value: string];
}

/** Copies the named headers of the client, as far as it sent them. */
export function passed(client: IncomingHttpHeaders, names: readonly string[]): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const name of names) {
    const value = client[name];
    if (typeof value === 'string') headers[name] = value;
  }
  return headers;
}

export function bearer(key: string): readonly [string, string] {
  return ['authorization', `Bearer ${key}`];
}

/** `data[].id`, the form that most listings have. */
export function idsOf(body: unknown): string[] {
  const { data } = body as { data?: unknown };
  if (!Array.isArray(data)) throw new Error('the list of models has no data');
  return (data as { id?: unknown }[]).map(({ id }) => id).filter((id): id is string => typeof id === 'string');
}
