import { complaintsOf } from '../../complaints.ts';
import type { Answer } from '../../deliver.ts';
import { whole, type Received } from '../../fake.ts';
import type { Refusal } from '../../fault.ts';
import { sse } from '../../sse.ts';
import { invalid, refusedFor } from '../errors.ts';
import { knownModel } from '../rules.ts';
import type { OpenAiSettings } from '../settings.ts';
import { askedOf, itemsOf } from './asked.ts';
import { begun, composed } from './compose.ts';
import { eventsOf } from './events.ts';
import { checkResponses, previousOf } from './rules.ts';
import { responsesRequest, type Item } from './schema.ts';
import type { Event, ResponseStore, Stored, WireResponse } from './store.ts';
import { isSet } from '../../is-set.ts';

export function createResponse(
  body: unknown,
  store: ResponseStore,
  ids: () => string,
  settings: OpenAiSettings,
): Answer {
  for (const complaint of complaintsOf(responsesRequest, body)) throw refusedFor(complaint);
  const request = responsesRequest.parse(body);
  if (request.model === undefined)
    throw invalid("Missing required parameter: 'model'.", 'model', 'missing_required_parameter');
  if (request.input === undefined && !isSet(request.prompt) && !isSet(request.previous_response_id)) {
    throw invalid("Missing required parameter: 'input'.", 'input', 'missing_required_parameter');
  }
  const model = knownModel(request.model);
  const previous = previousOf(request, store);
  const history = [...(previous?.history ?? []), ...itemsOf(request).flatMap((item) => resolved(item, store))];
  checkResponses(request, model, history);
  const final = composed(request, askedOf(request, history, model), model, ids, settings);
  const events = eventsOf(request, final);
  const response = request.background === true ? begun(final, request, 'queued') : final;
  if (request.store !== false) {
    const polls = request.background === true ? settings.backgroundPolls : 0;
    store.set(final.id, { response, final, history: [...history, ...(final.output as Item[])], events, polls });
  }
  return request.stream === true ? streamed(events) : whole(response);
}

/** The item that a reference means, where it is stored. */
function resolved(item: Item, store: ResponseStore): Item[] {
  if (item.type !== 'item_reference') return [item];
  for (const { final } of store.values()) {
    const found = final.output.find(({ id }) => id === item.id);
    if (found !== undefined) return [found as Item];
  }
  return [item];
}

/** Each event's name stands before it as well; there is no mark at the end. */
function streamed(events: readonly Event[]): Answer {
  return {
    kind: 'stream',
    headers: { 'content-type': 'text/event-stream; charset=utf-8' },
    events: events.map((event) => sse(event, event.type)),
    endEvents: 1,
  };
}

/** What is asked of a response that was made before. */
export function storedResponse({ method, path, query }: Received, store: ResponseStore): Answer {
  const [, encoded = '', action] = /^\/v1\/responses\/([^/]+)(?:\/(\w+))?$/.exec(path) ?? [];
  const id = decodeURIComponent(encoded);
  const stored = store.get(id);
  if (stored === undefined) throw invalid(`Response with id '${id}' not found.`, null, null, 404);
  if (method === 'DELETE' && action === undefined) {
    store.delete(id);
    return whole({ id, object: 'response', deleted: true });
  }
  if (method === 'POST' && action === 'cancel') return whole(cancelled(stored));
  if (method === 'GET' && action === 'input_items') return whole(inputItems(stored, query));
  if (method !== 'GET' || action !== undefined) throw invalid(`Invalid URL (${method} ${path})`, null, null, 404);
  if (query.get('stream') !== 'true') return whole(polled(stored));
  const after = Number(query.get('starting_after') ?? -1);
  return streamed(stored.events.filter(({ sequence_number: number }) => number > after));
}

/** What it was made from, the newest first unless asked otherwise. */
function inputItems({ history, final }: Stored, query: URLSearchParams) {
  const items = history
    .slice(0, history.length - final.output.length)
    .map((item, index) => ({ id: `msg_${final.id}_${index}`, ...item }));
  if (query.get('order') !== 'asc') items.reverse();
  const start = items.findIndex(({ id }) => id === query.get('after')) + 1;
  const data = items.slice(start, start + Number(query.get('limit') ?? 20));
  const ends = { first_id: data[0]?.id ?? null, last_id: data.at(-1)?.id ?? null };
  return { object: 'list', data, ...ends, has_more: start + data.length < items.length };
}

function isOpen({ status }: WireResponse): boolean {
  return status === 'queued' || status === 'in_progress';
}

function polled(stored: Stored): WireResponse {
  if (isOpen(stored.response)) {
    if (stored.polls === 0) stored.response = stored.final;
    else {
      stored.polls -= 1;
      stored.response = { ...stored.response, status: 'in_progress' };
    }
  }
  return stored.response;
}

function cancelled(stored: Stored): WireResponse {
  if (stored.response.background !== true) {
    throw invalid('Cannot cancel a synchronous response.', null, null);
  }
  // What is over stays as it is.
  if (isOpen(stored.response)) stored.response = { ...stored.response, status: 'cancelled' };
  return stored.response;
}

interface OpenAiError {
  readonly error: { readonly code: string | null; readonly message: string; readonly param: string | null };
}

/** The event by which a stream of responses says that it failed; its number is that of the event that it takes the place of. */
export function errorEvent({ body }: Refusal, sequence_number: number): Buffer {
  const { code, message, param } = (body as OpenAiError).error;
  return sse({ type: 'error', sequence_number, code, message, param }, 'error');
}

/** The other way to say it: the response itself, failed. */
export function failedEvent(
  response: Partial<WireResponse>,
  code: string,
  message: string,
  sequence_number: number,
): Buffer {
  const failed = { object: 'response', output: [], ...response, status: 'failed', error: { code, message } };
  return sse({ type: 'response.failed', sequence_number, response: failed }, 'response.failed');
}
