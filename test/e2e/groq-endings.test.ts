import { afterEach, beforeEach, expect, test } from 'vitest';
import { checkBooks, rowsOf } from './books.ts';
import { chunk, DONE, openStream, startFakeEngine, upstreamLine, usageChunk, type FakeEngine } from './fake-engine.ts';
import { startHouse, type House } from './harness.ts';
import { post, untilIdle } from './requests.ts';

/** On Groq's wire the finish of an engine waits for its usage: however the engine ends, the client gets both, each once. */

let fake: FakeEngine;
let house: House;

beforeEach(async () => {
  fake = await startFakeEngine(() => undefined);
  house = await startHouse({
    upstreams: [upstreamLine('gpu', fake.url)],
    config: 'server: { upstreamSilenceMax: 400ms }',
  });
});
afterEach(async () => {
  await untilIdle(house);
  await checkBooks(house);
  await house.close();
  await fake.close();
});

type End = 'die' | 'end' | 'hang';

interface Told {
  readonly choices: readonly { readonly delta: { readonly content?: string }; readonly finish_reason: string | null }[];
  readonly x_groq?: { readonly id: string; readonly usage?: { readonly completion_tokens: number } };
}

const SAID = chunk('o') + chunk('é😀') + chunk('', 'stop');

function answersWith(text: string, end: End, pieceBytes: number): void {
  fake.script = (res) => {
    openStream(res);
    res.socket!.setNoDelay(true);
    const bytes = Buffer.from(text);
    for (let at = 0; at < bytes.length; at += pieceBytes) res.write(bytes.subarray(at, at + pieceBytes));
    res.write('', () => {
      if (end === 'die') res.destroy();
      else if (end === 'end') res.end();
    });
  };
}

const ENDINGS: readonly [what: string, text: string, end: End, tokens: number | undefined][] = [
  ['as it should', SAID + usageChunk(3, 2) + DONE, 'end', 2],
  ['with lines of two bytes', (SAID + usageChunk(3, 2) + DONE).replaceAll('\n', '\r\n'), 'end', 2],
  ['without a usage', SAID + DONE, 'end', undefined],
  ['behind its finish', SAID, 'end', undefined],
  ['and breaks off behind its finish', SAID, 'die', undefined],
  ['never, behind its finish', SAID, 'hang', undefined],
  ['inside its usage', SAID + usageChunk(3, 2).slice(0, 40), 'die', undefined],
  ['never, behind its usage', SAID + usageChunk(3, 2), 'hang', 2],
  ['with its usage twice', SAID + usageChunk(3, 2) + usageChunk(3, 2) + DONE, 'end', 2],
];

test.each(ENDINGS.flatMap((ending) => (['on_demand', 'flex'] as const).map((tier) => [...ending, tier] as const)))(
  'an engine ends its stream %s (%#)',
  async (_what, text, end, tokens, tier) => {
    answersWith(text, end, 7);
    const body = { model: 'sim-8b', stream: true, service_tier: tier, messages: [{ role: 'user', content: 'Hi' }] };
    const answer = await post(house, '/openai/v1/chat/completions', JSON.stringify(body));
    const told = (await answer.text()).replaceAll('\r\n', '\n');
    expect(told.split(DONE)).toHaveLength(2);
    expect(told.endsWith(DONE)).toBe(true);
    const chunks = told
      .split('\n')
      .filter((line) => line.startsWith('data: {'))
      .map((line) => JSON.parse(line.slice(6)) as Told);
    expect(chunks.flatMap(({ choices }) => choices.map(({ delta }) => delta.content ?? '')).join('')).toBe('oé😀');
    expect(chunks.flatMap(({ choices }) => choices.map((choice) => choice.finish_reason))).toEqual([
      null,
      null,
      'stop',
    ]);
    expect(chunks.at(-1)!.x_groq?.usage?.completion_tokens).toBe(tokens);
    expect(chunks.filter(({ x_groq: mark }) => mark?.usage !== undefined)).toHaveLength(tokens === undefined ? 0 : 1);
    expect((await rowsOf(house)).map(({ outcome }) => outcome)).toEqual(['completed']);
  },
);
