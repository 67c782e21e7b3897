import type { IncomingMessage } from 'node:http';
import { DEFAULT_PROJECT } from '../config/config.ts';
import type { Identity } from '../keys/ring.ts';
import type { Services } from './services.ts';

/** Whoever connects to an open gateway. */
const ANYONE: Identity = { project: DEFAULT_PROJECT, keyId: '' };

/**
 * Who a request is from, by the key that it shows: as a bearer token, or where the other providers' SDKs put theirs. Any of them
 * works on every mount, and a request that shows two is judged by the first.
 */
export function callerOf(services: Services, req: IncomingMessage): Identity | null {
  const { keys } = services;
  if (keys === null) return ANYONE;
  const token = tokenOf(req);
  return token === undefined ? null : keys.authenticate(token);
}

export function tokenOf({ headers, url }: IncomingMessage): string | undefined {
  const { authorization } = headers;
  if (authorization !== undefined) {
    return /^bearer /i.test(authorization) ? authorization.slice('bearer '.length).trim() : undefined;
  }
  const shown = headers['x-api-key'] ?? headers['x-goog-api-key'];
  if (typeof shown === 'string') return shown;
  const query = url?.indexOf('?') ?? -1;
  return query < 0 ? undefined : (new URLSearchParams(url!.slice(query)).get('key') ?? undefined);
}
