import { Type } from '@google/genai';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { checkBooks, rowsOf, type Row } from '../e2e/books.ts';
import { PNG_BASE64 } from '../providers/media.ts';
import {
  GEMINI_SDKS,
  generate,
  startGeminiHouse,
  textOf,
  tiersOf,
  WAYS,
  type GeminiHouse,
  type GeminiSdk,
} from './gemini-sdks.ts';

/** Answers as Google's SDK hands them to its caller: from an engine and from OpenAI, translated, and from Gemini, as they came. */

let house: GeminiHouse;
beforeAll(async () => {
  house = await startGeminiHouse();
});
afterEach(() => {
  expect(house.violations()).toEqual([]);
});
afterAll(async () => {
  try {
    await checkBooks(house);
    const rows = new Map((await rowsOf(house)).map((row) => [row.id, row]));
    expect(booked.size).toBeGreaterThan(0);
    for (const [id, row] of booked) expect(rows.get(id)).toMatchObject(row);
  } finally {
    await house.close();
  }
});

/** What the ledger is to say of a request; it is looked at once, when all are through. */
const booked = new Map<string, Partial<Row>>();

interface Seat {
  readonly model: string;
  readonly upstream: string;
  /** It repeats what it is told. */
  readonly echoes: boolean;
}

const SEATS: readonly Seat[] = [
  { model: 'sim-8b', upstream: 'gpu-0', echoes: false },
  { model: 'gemini-3.8-flash', upstream: 'gemini', echoes: true },
  { model: 'gpt-5.6-luna', upstream: 'openai', echoes: true },
];
const CASES = GEMINI_SDKS.flatMap((sdk) =>
  SEATS.flatMap((seat) => WAYS.map((way) => ({ ...seat, sdk, name: sdk.name, way }))),
);

describe.each(CASES)('$name, $model, $way', ({ sdk, model, upstream, echoes, way }) => {
  const ai = (): ReturnType<GeminiSdk['connect']> => sdk.connect(house.url);

  test('text, with usage and the served tier, as the ledger has them', async () => {
    const contents = [
      { role: 'user', parts: [{ text: 'Hello' }] },
      { role: 'model', parts: [{ text: 'Hello to you.' }] },
      { role: 'user', parts: [{ text: 'one two' }, { text: ' three' }] },
    ];
    const chunks = await generate(ai(), way, {
      model,
      contents,
      config: { systemInstruction: 'Be brief.', maxOutputTokens: 64 },
    });
    if (echoes) expect(textOf(chunks)).toBe('echo: one two three');
    else expect(textOf(chunks)).not.toBe('');
    const last = chunks.at(-1)!;
    expect(last.candidates![0]!.finishReason).toBe('STOP');
    expect(last.candidates![0]!.content!.role).toBe('model');
    for (const chunk of chunks) {
      expect(chunk.modelVersion).toBe(model);
      expect(chunk.responseId).toBe(chunks[0]!.responseId);
      expect(tiersOf(chunk)[0]).toBe('standard');
    }
    expect(tiersOf(last)).toEqual(['standard', 'standard']);
    const {
      promptTokenCount: prompt,
      candidatesTokenCount: said,
      thoughtsTokenCount: thought = 0,
      totalTokenCount,
    } = last.usageMetadata!;
    expect(totalTokenCount).toBe(prompt! + said! + thought);
    booked.set(last.sdkHttpResponse!.headers!['x-request-id']!, {
      dialect: 'gemini',
      model,
      upstream,
      outcome: 'completed',
      served_tier: 'standard',
      stream: way === 'stream' ? 1 : 0,
      input_tokens: prompt!,
      output_tokens: said! + thought,
      reasoning_tokens: thought,
    });
  });

  test('the bound on the answer and stop sequences end it', async () => {
    const ask = { model, contents: 'one two three four five six' };
    const cut = await generate(ai(), way, { ...ask, config: { maxOutputTokens: 3 } });
    expect(cut.at(-1)!.candidates![0]!.finishReason).toBe('MAX_TOKENS');
    expect(cut.at(-1)!.usageMetadata!.candidatesTokenCount).toBe(3);
    const [first, second] = textOf(cut).trim().split(' ') as [string, string];
    const stopped = await generate(ai(), way, {
      ...ask,
      config: { maxOutputTokens: 32, stopSequences: [` ${second}`] },
    });
    expect(stopped.at(-1)!.candidates![0]!.finishReason).toBe('STOP');
    expect(textOf(stopped)).toBe(first);
  });

  test('an image beside text', async () => {
    const image = { inlineData: { mimeType: 'image/png', data: PNG_BASE64 } };
    const chunks = await generate(ai(), way, {
      model,
      contents: ['What is this?', image],
      config: { maxOutputTokens: 64 },
    });
    const bytes = Buffer.from(PNG_BASE64, 'base64').length;
    if (echoes) expect(textOf(chunks)).toBe(`echo: What is this? [image/png ${bytes} bytes]`);
    // The engine takes a picture for the text of its part, which is long.
    else expect(chunks.at(-1)!.usageMetadata!.promptTokenCount).toBeGreaterThan(PNG_BASE64.length / 8);
  });

  test.each([
    {
      form: 'responseSchema',
      config: {
        responseSchema: {
          type: Type.OBJECT,
          properties: {
            city: { type: Type.STRING, enum: ['Rome', 'Bern'] },
            tags: { type: Type.ARRAY, items: { type: Type.STRING } },
          },
          required: ['city', 'tags'],
          propertyOrdering: ['city', 'tags'],
        },
      },
    },
    {
      form: 'responseJsonSchema',
      config: {
        responseJsonSchema: {
          type: 'object',
          properties: { city: { enum: ['Rome', 'Bern'] }, tags: { type: 'array', items: { type: 'string' } } },
          required: ['city', 'tags'],
          additionalProperties: false,
        },
      },
    },
  ])('structured output: $form', async ({ config }) => {
    const chunks = await generate(ai(), way, {
      model,
      contents: 'Where?',
      config: { responseMimeType: 'application/json', maxOutputTokens: 256, ...config },
    });
    const said = JSON.parse(textOf(chunks)) as { city: string; tags: string[] };
    expect(Object.keys(said).sort()).toEqual(['city', 'tags']);
    expect(['Rome', 'Bern']).toContain(said.city);
    expect(Array.isArray(said.tags)).toBe(true);
  });

  test('a chat keeps what was said', async () => {
    const chat = ai().chats.create({ model, config: { maxOutputTokens: 64 } });
    const say = async (message: string): Promise<string> => {
      if (way === 'unary') return (await chat.sendMessage({ message })).text ?? '';
      return textOf(await Array.fromAsync(await chat.sendMessageStream({ message })));
    };
    const answers = [await say('my name is Ada'), await say('and my dog is called Byron')];
    // The SDK keeps each chunk of a stream as a turn of its own.
    const history = chat.getHistory(true);
    const turns = history.map(({ role, parts }) => ({ role, text: parts!.map(({ text }) => text).join('') }));
    expect(turns.filter(({ role }) => role === 'user').map(({ text }) => text)).toEqual([
      'my name is Ada',
      'and my dog is called Byron',
    ]);
    const said = turns.filter(({ role }) => role === 'model').map(({ text }) => text);
    expect(said.join('')).toBe(answers.join(''));
    if (upstream !== 'openai') return;
    expect((house.openai.last().body as { messages: unknown }).messages).toEqual([
      { role: 'user', content: 'my name is Ada' },
      { role: 'assistant', content: answers[0] },
      { role: 'user', content: 'and my dog is called Byron' },
    ]);
  });
});

describe.each(GEMINI_SDKS)('$name', (sdk) => {
  test.each(['', '/', '/gemini', '/gemini/'])('models are listed, found and counted at %j', async (prefix) => {
    const ai = sdk.connect(house.url + prefix);
    const listed = await Array.fromAsync(await ai.models.list());
    for (const { model } of SEATS) {
      expect(listed.find(({ name }) => name === `models/${model}`)?.supportedActions).toContain('generateContent');
      expect((await ai.models.get({ model })).name).toBe(`models/${model}`);
    }
    expect((await ai.models.get({ model: 'models/sim-8b' })).inputTokenLimit).toBe(131_072);
    const counted = await ai.models.countTokens({ model: 'gemini-3.8-flash', contents: 'one two three' });
    expect(counted.totalTokens).toBe(3);
    expect(counted.sdkHttpResponse!.headers!['offpeak-token-count']).toBeUndefined();
    const guessed = await ai.models.countTokens({ model: 'gpt-5.6-luna', contents: 'one two three' });
    expect(guessed.totalTokens).toBeGreaterThan(0);
    expect(guessed.sdkHttpResponse!.headers!['offpeak-token-count']).toBe('estimated');
    expect((await ai.models.generateContent({ model: 'models/gemini-3.8-flash', contents: 'here' })).text).toBe(
      'echo: here',
    );
  });
});
