import { answerOfItem, type JsonObject, type Problem } from '@offpeak/dialects';
import type { Asked } from '../asked.ts';
import type { Receipt } from '../receipt.ts';
import type { Services } from '../services.ts';
import { requestIn } from './history.ts';

/** A conversation of more turns does not fit into a model. */
const ANSWERS_NAMED_MAX = 1_000;

/** Whether a body may name items of stored answers instead of repeating them. */
export function namesItems({ codec }: Asked, body: Buffer): boolean {
  return codec.name === 'responses' && body.includes('"item_reference"');
}

/**
 * Puts the items themselves where a request only names them, as Vercel's AI SDK does with all that was ever answered unless it is told that
 * nothing is stored. What a provider keeps stays as it is: that provider alone can find it.
 */
export async function withItems(services: Services, receipt: Receipt, body: Buffer): Promise<Buffer | Problem> {
  const parsed = requestIn(body);
  if ('kind' in parsed) return parsed;
  const { request } = parsed;
  const { input } = request;
  if (!Array.isArray(input)) return body;
  const outputs = new Map<string, readonly JsonObject[]>();
  const items: unknown[] = [];
  for (const [index, item] of (input as unknown[]).entries()) {
    const { type, id } = (item ?? {}) as { type?: unknown; id?: unknown };
    const answer = type === 'item_reference' ? answerOfItem(id) : null;
    if (answer === null) {
      items.push(item);
      continue;
    }
    const param = `input[${index}].id`;
    if (!outputs.has(answer) && outputs.size === ANSWERS_NAMED_MAX) {
      return { kind: 'invalid-value', param, detail: `items of at most ${ANSWERS_NAMED_MAX} answers can be named` };
    }
    const output = outputs.get(answer) ?? (await outputOf(services, receipt, answer));
    outputs.set(answer, output);
    const named = output.find((kept) => kept['id'] === id);
    if (named === undefined) return { kind: 'invalid-value', param, detail: GONE };
    items.push(named);
  }
  const whole = Buffer.from(JSON.stringify({ ...request, input: items }));
  const limitBytes = services.config.server.bodyBytesMax;
  return whole.length > limitBytes ? { kind: 'body-too-large', limitBytes } : whole;
}

const GONE =
  'no stored answer has this item: it may have been deleted or have expired, or it was never stored; send the item itself';

/** Empty where there is no such answer. */
async function outputOf({ store }: Services, receipt: Receipt, id: string): Promise<readonly JsonObject[]> {
  const stored = await store.getResponse(id, receipt.identity.project, Date.now());
  if (stored === undefined || 'upstream' in stored.kept) return [];
  const { output } = JSON.parse(stored.kept.answer) as { output?: unknown };
  return Array.isArray(output) ? (output as JsonObject[]) : [];
}
