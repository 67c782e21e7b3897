import type { IncomingMessage, ServerResponse } from 'node:http';
import { endOfFailure } from '../../runs/run-end.ts';
import type { Identity } from '../../keys/ring.ts';
import type { StoredResponse } from '../../store/store.ts';
import { CODECS, ownItemId, type Problem } from '@offpeak/dialects';
import { lookupProblem } from '../lookup-limits.ts';
import { refuse } from '../listener.ts';
import type { Target } from '../mounts.ts';
import { Receipt } from '../receipt.ts';
import { problemOfEnd } from '../refusals.ts';
import type { Services } from '../services.ts';

const PAGE_ITEMS_DEFAULT = 20;
const PAGE_ITEMS_MAX = 100;

/** Reads, deletes, stops or lists what a stored answer was made from: here, or at the provider that keeps it. */
export async function answerStored(
  services: Services,
  target: Target,
  identity: Identity,
  req: IncomingMessage,
  res: ServerResponse,
): Promise<void> {
  const receipt = new Receipt(services.nextRequestId(), target, identity, performance.now());
  let told: object | Buffer | Problem;
  try {
    told = await answerOf(services, receipt, req);
  } catch (error) {
    services.reportFault(error, receipt.id);
    told = { kind: 'internal' };
  }
  if (res.destroyed) return;
  if (isProblem(told)) refuse(res, target.mount.dialect, told, receipt.id);
  else write(res, Buffer.isBuffer(told) ? told : Buffer.from(JSON.stringify(told)), receipt.id);
}

function isProblem(told: object): told is Problem {
  return 'kind' in told;
}

async function answerOf(
  services: Services,
  receipt: Receipt,
  req: IncomingMessage,
): Promise<object | Buffer | Problem> {
  const { store } = services;
  const { project } = receipt.identity;
  const id = receipt.target.storedId ?? '';
  const limited = lookupProblem(services, receipt);
  if (limited !== null) return limited;
  const stored = await store.getResponse(id, project, Date.now());
  if (stored === undefined) return { kind: 'unknown-response', id };
  const query = new URLSearchParams((req.url ?? '').split('?')[1] ?? '');
  if (receipt.target.operation === 'stored-get' && query.has('stream') && query.get('stream') !== 'false') {
    return { kind: 'invalid-value', param: 'stream', detail: 'a stored answer is read in one piece here' };
  }
  if ('upstream' in stored.kept) return atProvider(services, receipt, stored, stored.kept.upstream, query);
  switch (receipt.target.operation) {
    case 'stored-delete':
      await store.deleteResponse(id, project);
      return { id, object: 'response', deleted: true };
    case 'stored-cancel':
      return { kind: 'invalid-value', param: 'response_id', detail: 'only answers in the background can be cancelled' };
    case 'stored-inputs':
      return page(JSON.parse(stored.kept.input) as object[], id, query);
    default:
      return Buffer.from(stored.kept.answer);
  }
}

/** Newest first unless asked otherwise, as the wire's own server lists them. */
function page(items: readonly object[], id: string, query: URLSearchParams): object | Problem {
  const limit = Number(query.get('limit') ?? PAGE_ITEMS_DEFAULT);
  if (!Number.isInteger(limit) || limit < 1 || limit > PAGE_ITEMS_MAX) {
    return { kind: 'invalid-value', param: 'limit', detail: `it must be a whole number from 1 to ${PAGE_ITEMS_MAX}` };
  }
  const named = items.map((item, index) => ({ id: ownItemId('item', id, index), ...item }));
  const ordered = query.get('order') === 'asc' ? named : named.toReversed();
  const after = query.get('after');
  const start = after === null ? 0 : ordered.findIndex((item) => item.id === after) + 1;
  const data = ordered.slice(start, start + limit);
  const ends = { first_id: data[0]?.id ?? null, last_id: data.at(-1)?.id ?? null };
  return { object: 'list', data, ...ends, has_more: start + limit < ordered.length };
}

const ACTIONS = {
  'stored-get': { method: 'GET', suffix: '' },
  'stored-delete': { method: 'DELETE', suffix: '' },
  'stored-cancel': { method: 'POST', suffix: '/cancel' },
  'stored-inputs': { method: 'GET', suffix: '/input_items' },
} as const;

async function atProvider(
  services: Services,
  receipt: Receipt,
  { id, project }: StoredResponse,
  name: string,
  query: URLSearchParams,
): Promise<Buffer | Problem> {
  const upstream = services.fleet.provider(name);
  receipt.upstream = name;
  const ownKey = services.plans.providerKeyOf(project, name);
  const credential = ownKey === undefined ? upstream?.credential : ({ kind: 'key', key: ownKey } as const);
  if (upstream === undefined || credential === undefined) return { kind: 'unknown-response', id };
  const operation = receipt.target.operation as keyof typeof ACTIONS;
  const { method, suffix } = ACTIONS[operation];
  // Some clients show their key in the query; it is for nobody else to see.
  query.delete('key');
  const path = `/v1/responses/${encodeURIComponent(id)}${suffix}${query.size === 0 ? '' : `?${query.toString()}`}`;
  try {
    const { status, headers, body } = await upstream.ask(method, path, credential);
    if (status === 200) {
      if (operation === 'stored-delete') await services.store.deleteResponse(id, project);
      return body;
    }
    if (status === 404) return { kind: 'unknown-response', id };
    return problemOfEnd(endOfFailure(CODECS.responses.readFailure(status, headers, body), status), receipt);
  } catch {
    return { kind: 'upstream-failed', upstream: name, detail: 'it could not be reached' };
  }
}

function write(res: ServerResponse, body: Buffer, requestId: string): void {
  res.writeHead(200, {
    'content-type': 'application/json',
    'content-length': body.length,
    'x-request-id': requestId,
  });
  res.end(body);
}
