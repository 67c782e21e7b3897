import { request, type IncomingMessage } from 'node:http';
import { connect } from 'node:http2';
import { StringDecoder } from 'node:string_decoder';
import { afterEach, describe, expect, test } from 'vitest';
import { checkBooks, rowsOf, Witness } from './books.ts';
import { chunk, openStream, startFakeEngine, upstreamLine, works } from './fake-engine.ts';
import { GrowingArray } from './growing-array.ts';
import { startHouse, until, type House } from './harness.ts';
import { hold } from './occupy.ts';
import { startHosted, type HostedHouse } from './providers/hosted.ts';
import { post, type Json } from './requests.ts';
import { speak } from './voice.ts';

/** `streamGenerateContent` as Google answers who does not ask for events: with an array that grows. */

/** What the generated SDKs send: their timeout, in seconds. The answer is committed some time before. */
const IMPATIENT = { 'x-stainless-timeout': '1' };

/** The engine's answer to it is longer than the bound. */
const LONG = 'Tell of mountains';
const TOKENS_MAX = 300;

interface Element {
  readonly candidates?: readonly {
    readonly content?: { readonly parts?: readonly { readonly text?: string }[] };
    readonly finishReason?: string;
  }[];
  readonly usageMetadata?: { readonly candidatesTokenCount?: number; readonly serviceTier?: string };
  readonly error?: { readonly code: number; readonly status: string; readonly message: string };
}

let house: House;
afterEach(async () => {
  try {
    await checkBooks(house);
  } finally {
    await house.close();
  }
});

function path(model: string, query = ''): string {
  return `/v1beta/models/${encodeURIComponent(model)}:streamGenerateContent${query}`;
}

function body(text: string, more: Json = {}, tokens = 12): string {
  const contents = [{ role: 'user', parts: [{ text }] }];
  return JSON.stringify({ contents, generationConfig: { maxOutputTokens: tokens }, ...more });
}

function textOf(elements: readonly Element[]): string {
  return elements.map(({ candidates }) => candidates?.[0]?.content?.parts?.[0]?.text ?? '').join('');
}

/** What the same request says in events. */
async function inEvents(model: string, sent: string): Promise<Element[]> {
  const answer = await post(house, path(model, '?alt=sse'), sent);
  expect(answer.headers.get('content-type')).toContain('text/event-stream');
  const blocks = (await answer.text()).split(/\r?\n\r?\n/).filter((block) => block.startsWith('data: '));
  return blocks.map((block) => JSON.parse(block.slice('data: '.length)) as Element);
}

/** What the two forms of an answer have in common. */
function said(elements: readonly Element[]): unknown {
  const { finishReason } = elements.at(-1)!.candidates![0]!;
  return { text: textOf(elements), finishReason, usage: elements.at(-1)!.usageMetadata };
}

interface Reading {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly array: GrowingArray;
  /** All that has come. */
  text: string;
  readonly end: Promise<void>;
}

/** Reads so many bytes at a time, which cuts characters, strings and escapes in two. */
async function read(model: string, sent: string, bytes: number, headers: Json = {}): Promise<Reading> {
  const asked = request(house.url + path(model), {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(headers as Record<string, string>) },
  });
  asked.end(sent);
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    asked.once('response', resolve).once('error', reject);
  });
  const array = new GrowingArray();
  const decoder = new StringDecoder('utf8');
  const end = new Promise<void>((resolve, reject) => {
    answer.once('end', resolve).once('error', reject);
  });
  const reading: Reading = { status: answer.statusCode!, headers: answer.headers, array, text: '', end };
  answer.on('readable', () => {
    for (let all = answer.read() as Buffer | null; all !== null; all = answer.read() as Buffer | null) {
      for (let at = 0; at < all.length; at += bytes) {
        const text = decoder.write(all.subarray(at, at + bytes));
        reading.text += text;
        array.push(text);
      }
    }
  });
  return reading;
}

async function elementsOf(reading: Reading): Promise<Element[]> {
  await reading.end;
  expect(reading.array.closed).toBe(true);
  // What a reader of whole texts makes of it.
  expect(JSON.parse(reading.text)).toEqual(reading.array.elements);
  return reading.array.elements as Element[];
}

describe('from an own engine', () => {
  test.each([
    ['standard', 1],
    ['standard', 7],
    ['flex', 1],
    ['flex', 64 * 1024],
  ])('at %s, read by %i bytes', async (serviceTier, bytes) => {
    house = await startHouse();
    const sent = body('Grüße 🌊 "[{]}"\n', { serviceTier });
    const reading = await read('sim-8b', sent, bytes);
    expect(reading.status).toBe(200);
    expect(reading.headers['content-type']).toBe('application/json; charset=utf-8');
    expect(reading.headers['x-gemini-service-tier']).toBe(serviceTier);
    const elements = await elementsOf(reading);
    expect(elements.length).toBeGreaterThan(2);
    expect(said(elements)).toEqual(said(await inEvents('sim-8b', sent)));
    expect(elements.at(-1)!.usageMetadata).toMatchObject({ candidatesTokenCount: 12, serviceTier });
  });

  test('over HTTP/2', async () => {
    house = await startHouse();
    const session = connect(house.url);
    const stream = session.request({
      ':method': 'POST',
      ':path': `${path('sim-8b')}?alt=json`,
      'content-type': 'application/json',
    });
    stream.end(body('Hi'));
    stream.setEncoding('utf8');
    const array = new GrowingArray();
    for await (const text of stream) array.push(text as string);
    session.close();
    expect(array.closed).toBe(true);
    expect(textOf(array.elements as Element[]).split(' ')).toHaveLength(12);
  });

  test('it grows while the engine works, and an eviction in between is a pause', async () => {
    house = await startHouse({ engines: [{ slots: 1, speed: 1 }] });
    const sent = body(LONG, {}, TOKENS_MAX);
    const undisturbed = await inEvents('sim-8b', sent);
    const reading = await read('sim-8b', body(LONG, { serviceTier: 'flex' }, TOKENS_MAX), 5);
    await until(() => reading.array.elements.length > 20, 'the array has begun to grow');
    expect(reading.array.closed).toBe(false);
    const witness = new Witness();
    await speak(house, witness, { prompt: 'Urgent', tokens: 8 }).end;
    const elements = await elementsOf(reading);
    expect(textOf(elements)).toBe(textOf(undisturbed));
    expect(elements.filter(({ usageMetadata }) => usageMetadata)).toEqual([elements.at(-1)]);
    expect(elements.at(-1)!.usageMetadata).toMatchObject({ candidatesTokenCount: TOKENS_MAX, serviceTier: 'flex' });
    const row = (await rowsOf(house)).find(({ served_tier: tier }) => tier === 'flex');
    expect(row).toMatchObject({ outcome: 'completed', output_tokens: TOKENS_MAX });
    expect(row!.evictions).toBeGreaterThan(0);
  });

  test('who would leave is kept with white space until the array begins', async () => {
    house = await startHouse({ engines: [{ slots: 1 }], config: 'server: { heartbeat: 50ms }' });
    const release = await hold(house);
    try {
      const reading = await read('sim-8b', body('Hi'), 3, IMPATIENT);
      expect(reading.status).toBe(200);
      await until(() => reading.text.length > 3, 'several signs of life come');
      expect(reading.text.trim()).toBe('');
      await release();
      const elements = await elementsOf(reading);
      expect(reading.text).toMatch(/^\n{4,}\[\{/);
      expect(textOf(elements).split(' ')).toHaveLength(12);
    } finally {
      await release();
    }
  });

  test('who was kept in vain is told so in the only element', async () => {
    house = await startHouse({ engines: [{ slots: 1 }], config: 'server: { heartbeat: 50ms }' });
    const release = await hold(house);
    try {
      const headers = { ...IMPATIENT, 'offpeak-max-wait': '1500ms' };
      const reading = await read('sim-8b', body('Hi', { serviceTier: 'flex' }), 3, headers);
      expect(reading.status).toBe(200);
      const elements = await elementsOf(reading);
      expect(elements).toMatchObject([{ error: { code: 503, status: 'UNAVAILABLE' } }]);
      await release();
      const row = (await rowsOf(house)).find(({ requested_tier: tier }) => tier === 'flex');
      expect(row).toMatchObject({ outcome: 'refused', cost_nano_usd: 0 });
    } finally {
      await release();
    }
  });

  test('a failure in the middle is the last element', async () => {
    const engine = await startFakeEngine((res, sent, req) => {
      if (sent['stream'] !== true) return works(res, sent, req);
      openStream(res);
      res.write(chunk('one') + chunk(' two'), () => res.destroy());
    });
    try {
      house = await startHouse({ upstreams: [upstreamLine('gpu-0', engine.url)] });
      const model = (await (await fetch(`${house.url}/v1/models`)).json()) as { data: { id: string }[] };
      const elements = await elementsOf(await read(model.data[0]!.id, body('Hi'), 1));
      expect(textOf(elements)).toBe('one two');
      expect(elements.at(-1)).toMatchObject({ error: { code: 502, status: 'INTERNAL' } });
      expect(elements.filter(({ error }) => error)).toHaveLength(1);
    } finally {
      await engine.close();
    }
  });
});

describe('a refusal has its status, and is an array of one', () => {
  test.each([
    ['of a model that is not there', 'nobody', body('Hi'), {}, 404, 'NOT_FOUND'],
    ['of what is no JSON', 'sim-8b', '{"contents":', {}, 400, 'INVALID_ARGUMENT'],
    ['of a tier that is not there', 'sim-8b', body('Hi', { serviceTier: 'gold' }), {}, 400, 'INVALID_ARGUMENT'],
    [
      'of what no engine can do',
      'sim-8b',
      body('Hi', { cachedContent: 'cachedContents/1' }),
      {},
      400,
      'INVALID_ARGUMENT',
    ],
    ['of a body of another kind', 'sim-8b', 'a=b', { 'content-type': 'text/plain' }, 415, 'INVALID_ARGUMENT'],
  ] as const)('%s', async (_what, model, sent, headers, status, word) => {
    house = await startHouse();
    const answer = await post(house, path(model), sent, { headers });
    expect(answer.status).toBe(status);
    expect(answer.headers.get('content-type')).toBe('application/json');
    expect(await answer.json()).toMatchObject([{ error: { code: status, status: word } }]);
    const events = await post(house, path(model, '?alt=sse'), sent, { headers });
    expect(events.status).toBe(status);
    expect(await events.json()).toMatchObject({ error: { code: status, status: word } });
  });

  test('of flex without capacity', async () => {
    house = await startHouse({ engines: [{ slots: 1 }] });
    const release = await hold(house);
    const headers = { 'offpeak-max-wait': '0' };
    const answer = await post(house, path('sim-8b'), body('Hi', { serviceTier: 'flex' }), { headers });
    expect(answer.status).toBe(503);
    expect(await answer.json()).toMatchObject([{ error: { code: 503, status: 'UNAVAILABLE' } }]);
    await release();
  });

  test('of who is not known', async () => {
    house = await startHouse({ config: 'auth: keys\n' });
    const answer = await post(house, path('sim-8b'), body('Hi'));
    expect(answer.status).toBe(401);
    expect(await answer.json()).toMatchObject([{ error: { code: 401, status: 'UNAUTHENTICATED' } }]);
  });
});

describe('from hosted providers', () => {
  let hosted: HostedHouse;
  async function open(): Promise<void> {
    hosted = await startHosted({ providers: { gemini: '', openai: '' } });
    house = hosted;
  }

  test.each(['gemini-2.5-flash', 'gpt-5.6-luna'])('%s', async (model) => {
    await open();
    const sent = body('Grüße 🌊 there', {}, 100);
    const elements = await elementsOf(await read(model, sent, 2));
    expect(textOf(elements)).toBe('echo: Grüße 🌊 there');
    expect(said(elements)).toEqual(said(await inEvents(model, sent)));
    if (model.startsWith('gemini')) expect(hosted.gemini.last().query.get('alt')).toBe('sse');
    hosted.checkProviders();
  });

  test.each([2, 3])(
    'a provider that breaks off after %i events is told of in the last element',
    async (afterEvents) => {
      await open();
      hosted.gemini.next({ kind: 'die', afterEvents });
      const elements = await elementsOf(await read('gemini-2.5-flash', body('one two three four five', {}, 100), 4));
      expect(elements).toHaveLength(afterEvents + 1);
      expect(elements.at(-1)).toMatchObject({ error: { code: 502, status: 'INTERNAL' } });
    },
  );

  test('one that breaks off inside an event is told of without it', async () => {
    await open();
    const how = (bytes: Buffer): Buffer => bytes.subarray(0, Math.floor(bytes.length / 2));
    hosted.gemini.next({ kind: 'mangle', event: 2, how, ends: true });
    const elements = await elementsOf(await read('gemini-2.5-flash', body('one two three four five', {}, 100), 4));
    expect(elements.filter(({ candidates }) => candidates)).toHaveLength(2);
    expect(elements.at(-1)).toMatchObject({ error: { status: 'INTERNAL' } });
  });

  test('its bytes may trickle in', async () => {
    await open();
    hosted.gemini.next({ kind: 'trickle' });
    const elements = await elementsOf(await read('gemini-2.5-flash', body('one two', {}, 100), 1));
    expect(textOf(elements)).toBe('echo: one two');
  });
});
