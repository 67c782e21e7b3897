import { expect } from 'vitest';
import type { Json } from '../../e2e/requests.ts';
import type { Cell } from '../cell.ts';
import { parsed } from '../json.ts';
import type { Ask } from '../mounts/mount.ts';
import type { Kind } from './kind.ts';

/** Names that an edit could mistake for the members that it is after. */
const TOOL = {
  name: 'pick',
  description: 'Picks a "model" and a service_tier',
  schema: {
    type: 'object',
    properties: { model: { type: 'string' }, service_tier: { type: 'string' }, serviceTier: { type: 'string' } },
    required: ['model', 'service_tier', 'serviceTier'],
    additionalProperties: false,
  },
} as const;
const TEXT = 'the "model": "gpt" says naïve — 你好, {"service_tier":"flex"}';

export const SAME_BYTES: Kind = {
  title: 'Same wire, same bytes',
  about:
    "Between a mount and a provider of the same wire nothing is translated: the provider gets the client's bytes but for the model's name and the tier, and the client gets the provider's bytes.",
  applies: ({ mount, upstream }) => mount.name === upstream.wire,
  async try(cell) {
    const { mount, upstream, model } = cell.pair;
    const tier = upstream.askWords.flex === undefined ? undefined : 'flex';
    const wanted: Ask = {
      model: model('tapped'),
      stream: cell.stream,
      turns: [{ kind: 'user', text: TEXT }],
      tools: [TOOL],
    };
    const { path, headers, body } = mount.request(tier === undefined ? wanted : { ...wanted, tier });
    const own = upstream.askWords.standard!;
    // A tier that the wire's own word asks for in the body stays where it is.
    const spoken = tier === undefined ? { ...body, service_tier: own } : body;
    const text = unusual(spoken);
    const tapped = await through(cell, path, headers, text);
    expect(tapped.sent.toString('utf8')).toBe(text.replace(wanted.model, upstream.model));

    const plain = mount.request(wanted);
    const { sent } = await through(cell, plain.path, plain.headers, JSON.stringify(plain.body));
    expect(withoutTier(parsed(sent.toString('utf8'), 'what was sent'))).toEqual({
      ...plain.body,
      ...('model' in plain.body ? { model: upstream.model } : {}),
    });
  },
};

async function through(cell: Cell, path: string, headers: Readonly<Record<string, string>>, text: string) {
  const reply = await cell.raw(path, headers, text);
  const tapped = cell.pair.tap!.last();
  expect(reply.bytes.toString('latin1')).toBe(tapped.answered.toString('latin1'));
  expect(cell.pair.mount.hear(reply, cell.stream).text).toBe(`echo: ${TEXT}`);
  return tapped;
}

/** Valid JSON, and no serializer's. */
function unusual(body: Json): string {
  return `\n ${JSON.stringify(body, null, 3)
    .replaceAll('ï', '\\u00EF')
    .replaceAll(/(?<!\\)": /g, '" :  ')}\t\r\n`;
}

function withoutTier({ service_tier: _chat, serviceTier: _other, ...body }: Json): Json {
  return body;
}
