import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Fault } from './fault.ts';
import { until } from './until.ts';
import { GROQ_KEY, startGroq, type GroqFake } from './groq/fake.ts';

/** Faults as bytes, where no SDK is in between that makes something of them. */
let fake: GroqFake;

beforeAll(async () => {
  fake = await startGroq();
});

beforeEach(() => {
  fake.reset();
});

afterAll(() => fake.close());

async function ask(stream: boolean, fault?: Fault): Promise<Response> {
  if (fault !== undefined) fake.next(fault);
  return fetch(`${fake.url}/openai/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${GROQ_KEY}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      model: 'llama-3.3-70b-versatile',
      messages: [{ role: 'user', content: 'hello over there' }],
      stream,
    }),
  });
}

/** Without what differs from answer to answer. */
async function bytesOf(stream: boolean, fault?: Fault): Promise<string> {
  const text = Buffer.from(await (await ask(stream, fault)).arrayBuffer()).toString('latin1');
  return text.replace(/\d{8,}/g, '');
}

describe('a stream', () => {
  let whole: string;
  let blocks: string[];
  beforeAll(async () => {
    whole = await bytesOf(true);
    blocks = whole.split(/(?<=\n\n)/);
  });

  test.each([
    ['trickles', { kind: 'trickle', bytes: 3 }, (all: string[]) => all.join('')],
    ['comes slowly', { kind: 'slow', ms: 1 }, (all: string[]) => all.join('')],
    ['ends before its mark', { kind: 'truncate' }, (all: string[]) => all.slice(0, -1).join('')],
    ['ends early', { kind: 'truncate', afterEvents: 2 }, (all: string[]) => all.slice(0, 2).join('')],
    [
      'has an event of somebody else',
      { kind: 'insert', afterEvents: 1, bytes: Buffer.from(': x\n\n') },
      (all: string[]) => [all[0], ': x\n\n', ...all.slice(1)].join(''),
    ],
    [
      'ends with one',
      { kind: 'insert', afterEvents: 1, bytes: Buffer.from(': x\n\n'), ends: true },
      (all: string[]) => `${all[0]!}: x\n\n`,
    ],
    [
      'has an event that is spoiled',
      { kind: 'mangle', event: 1, how: () => Buffer.from('x\n\n') },
      (all: string[]) => [all[0], 'x\n\n', ...all.slice(2)].join(''),
    ],
    ['is empty', { kind: 'empty' }, () => ''],
  ] as const)('%s', async (_, fault, expected) => {
    expect(await bytesOf(true, fault)).toBe(expected(blocks));
  });

  test('has bytes of no wire', async () => {
    const text = await bytesOf(true, { kind: 'garbage', afterEvents: 2 });
    expect(text.startsWith(blocks.slice(0, 2).join(''))).toBe(true);
    expect(text.endsWith(blocks.slice(2).join(''))).toBe(true);
    expect(text.length).toBeGreaterThan(whole.length);
  });

  test('has JSON that is cut', async () => {
    const events = (await bytesOf(true, { kind: 'malformed-json', afterEvents: 1 })).split(/(?<=\n\n)/);
    expect(events).toHaveLength(blocks.length + 1);
    expect(() => JSON.parse(events[1]!.replace(/^data: /, '')) as unknown).toThrow(SyntaxError);
  });

  test('breaks off', async () => {
    const response = await ask(true, { kind: 'die', afterEvents: 2 });
    expect(response.status).toBe(200);
    await expect(response.text()).rejects.toThrow('terminated');
    await until(() => fake.last().status === 200, 'the fake has let go');
    expect(fake.last()).toMatchObject({ aborted: false, finished: false });
  });
});

describe('an answer in one piece', () => {
  test('is cut', async () => {
    const whole = await bytesOf(false);
    const cut = await bytesOf(false, { kind: 'truncate', afterEvents: 1 });
    expect(whole.startsWith(cut)).toBe(true);
    expect(cut.length).toBeLessThan(whole.length);
    expect(await bytesOf(false, { kind: 'trickle', bytes: 50 })).toBe(whole);
  });

  test('has another type, or is a page', async () => {
    const typed = await ask(false, { kind: 'content-type', type: 'text/plain' });
    expect([typed.status, typed.headers.get('content-type')]).toEqual([200, 'text/plain']);
    const page = await ask(false, { kind: 'html', status: 502 });
    expect([page.status, page.headers.get('content-type')]).toEqual([502, 'text/html']);
    expect(await page.text()).toContain('<h1>502 Bad Gateway</h1>');
  });

  test('does not come', async () => {
    await expect(ask(false, { kind: 'reset' })).rejects.toThrow('fetch failed');
    expect(fake.last().status).toBeUndefined();
  });
});

test('a request that is wrong takes no fault away from one that is right', async () => {
  fake.next({ kind: 'html', status: 502 });
  const wrong = await fetch(`${fake.url}/openai/v1/chat/completions`, { method: 'POST', body: '{}' });
  expect(wrong.status).toBe(401);
  expect(fake.violations).toMatchObject([{ status: 401, path: '/openai/v1/chat/completions' }]);
  expect((await ask(false)).status).toBe(502);
});
