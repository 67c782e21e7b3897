import {
  FunctionCallingConfigMode,
  Type,
  type CallableTool,
  type Content,
  type FunctionCall,
  type FunctionDeclaration,
  type GenerateContentResponse,
  type Part,
} from '@google/genai';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { checkBooks } from '../e2e/books.ts';
import {
  GEMINI_SDKS,
  GENAI_3,
  generate,
  partsOf,
  startGeminiHouse,
  textOf,
  WAYS,
  type GeminiHouse,
} from './gemini-sdks.ts';

/** Tools and thoughts: what an answer says has to come back in the next request, on whichever upstream. */

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
  } finally {
    await house.close();
  }
});

const WEATHER: FunctionDeclaration = {
  name: 'get_weather',
  description: 'The weather of a city.',
  parameters: { type: Type.OBJECT, properties: { city: { type: Type.STRING } }, required: ['city'] },
};
const CLOCK: FunctionDeclaration = {
  name: 'get_time',
  parametersJsonSchema: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
};
const TOOLS = [{ functionDeclarations: [WEATHER, CLOCK] }];
const ASK: Content = { role: 'user', parts: [{ text: 'call get_weather,get_time {"city":"Rome"}' }] };

/** What a client keeps of a streamed answer: the parts of all chunks, as one turn of the model. */
function turnOf(chunks: readonly GenerateContentResponse[]): Content {
  return { role: 'model', parts: chunks.flatMap(partsOf) };
}

function callsIn({ parts }: Content): FunctionCall[] {
  return parts!.flatMap(({ functionCall }) => functionCall ?? []);
}

function resultsFor(calls: readonly FunctionCall[]): Content {
  const parts = calls.map(({ id, name }, index): Part => {
    return {
      functionResponse: { ...(id === undefined ? {} : { id }), name: name!, response: { output: `value ${index}` } },
    };
  });
  return { role: 'user', parts };
}

const MODELS = [
  { model: 'sim-8b', ids: true, tells: false },
  { model: 'gemini-3.8-flash', ids: true, tells: true },
  // Older models give their calls no ids.
  { model: 'gemini-2.5-flash', ids: false, tells: true },
  { model: 'gpt-5.6-luna', ids: true, tells: true },
  { model: 'claude-sonnet-4-6', ids: true, tells: true },
];
const CASES = GEMINI_SDKS.flatMap((sdk) =>
  MODELS.flatMap((seat) => WAYS.map((way) => ({ sdk, name: sdk.name, way, ...seat }))),
);

test.each(CASES)('$name, $model, $way: parallel calls and their results', async ({ sdk, model, ids, tells, way }) => {
  const ai = sdk.connect(house.url);
  const config = { tools: TOOLS, maxOutputTokens: 64 };
  const asked = await generate(ai, way, { model, contents: [ASK], config });
  const turn = turnOf(asked);
  const calls = callsIn(turn);
  expect(calls.map(({ name }) => name)).toEqual(['get_weather', 'get_time']);
  for (const { args } of calls) expect(args).toEqual({ city: tells ? 'Rome' : (expect.any(String) as string) });
  expect(new Set(calls.map(({ id }) => id)).size).toBe(ids ? 2 : 1);
  expect(calls[0]!.id === undefined).toBe(!ids);
  expect(asked.at(-1)!.candidates![0]!.finishReason).toBe('STOP');
  const told = await generate(ai, way, { model, contents: [ASK, turn, resultsFor(calls)], config });
  if (tells) expect(textOf(told)).toBe('results: get_weather=value 0, get_time=value 1');
  else expect(textOf(told)).not.toBe('');
});

test.each([
  { mode: FunctionCallingConfigMode.ANY, allowed: ['get_time'], names: ['get_time'] },
  { mode: FunctionCallingConfigMode.ANY, names: ['get_weather'] },
  { mode: FunctionCallingConfigMode.NONE, names: [] },
  { mode: FunctionCallingConfigMode.AUTO, names: [] },
])('a choice of $mode $allowed is a choice everywhere', async ({ mode, allowed, names }) => {
  const functionCallingConfig = { mode, ...(allowed === undefined ? {} : { allowedFunctionNames: allowed }) };
  const ai = GENAI_3.connect(house.url);
  for (const { model } of MODELS) {
    const config = { tools: TOOLS, toolConfig: { functionCallingConfig }, maxOutputTokens: 64 };
    const { functionCalls = [] } = await ai.models.generateContent({ model, contents: 'Hello', config });
    expect(functionCalls.map(({ name }) => name)).toEqual(names);
  }
});

test.each(MODELS)(
  '$model: results find calls that have no ids by the name of the function',
  async ({ model, tells }) => {
    const call = (city: string): Part => ({
      functionCall: { name: 'get_weather', args: { city } },
      thoughtSignature: SKIP,
    });
    const result = (output: string): Part => ({ functionResponse: { name: 'get_weather', response: { output } } });
    const contents: Content[] = [
      ASK,
      { role: 'model', parts: [call('Rome'), call('Bern')] },
      { role: 'user', parts: [result('hot'), result('cold')] },
    ];
    const { text } = await GENAI_3.connect(house.url).models.generateContent({
      model,
      contents,
      config: { tools: TOOLS },
    });
    if (tells) expect(text).toBe('results: get_weather=hot, get_weather=cold');
    else expect(text).not.toBe('');
  },
);

/** What Google's documentation gives to those who write the calls themselves. */
const SKIP = 'skip_thought_signature_validator';

test('the SDK calls the functions by itself', async () => {
  const asked: FunctionCall[] = [];
  const tool: CallableTool = {
    tool: () => Promise.resolve({ functionDeclarations: [WEATHER, CLOCK] }),
    callTool: (calls) => {
      asked.push(...calls);
      return Promise.resolve(resultsFor(calls).parts!);
    },
  };
  const models = ['gpt-5.6-luna', 'claude-sonnet-4-6'];
  for (const model of models) {
    const config = { tools: [tool], maxOutputTokens: 64 };
    const answer = await GENAI_3.connect(house.url).models.generateContent({ model, contents: [ASK], config });
    expect(answer.text).toBe('results: get_weather=value 0, get_time=value 1');
  }
  expect(asked).toHaveLength(models.length * 2);
});

describe.each(WAYS)('thoughts, %s', (way) => {
  const THINK = { thinkingConfig: { includeThoughts: true, thinkingBudget: 1_024 }, maxOutputTokens: 2_000 };

  test.each(['gemini-2.5-flash', 'claude-sonnet-4-6'])('%s: are told apart from what is said', async (model) => {
    const chunks = await generate(GENAI_3.connect(house.url), way, { model, contents: 'Hello', config: THINK });
    const thoughts = chunks.flatMap(partsOf).filter(({ thought }) => thought === true);
    expect(thoughts.map(({ text }) => text).join('')).toBe('thinking about: Hello');
    expect(textOf(chunks)).toBe('echo: Hello');
    expect(chunks.at(-1)!.usageMetadata!.thoughtsTokenCount).toBe(3);
  });

  test('go back to who signed them, and to nobody else', async () => {
    const ai = GENAI_3.connect(house.url);
    const ask = { contents: [ASK], config: { ...THINK, tools: TOOLS } };
    const turn = turnOf(await generate(ai, way, { ...ask, model: 'claude-sonnet-4-6' }));
    expect(turn.parts!.some(({ thought, thoughtSignature }) => thought === true && thoughtSignature !== '')).toBe(true);
    const contents = [ASK, turn, resultsFor(callsIn(turn))];
    const other = await generate(ai, way, { model: 'gpt-5.6-luna', contents, config: { tools: TOOLS } });
    expect(textOf(other)).toBe('results: get_weather=value 0, get_time=value 1');
    expect(house.openai.last().bytes.toString()).not.toContain('thinking about');
    const again = await generate(ai, way, { ...ask, model: 'claude-sonnet-4-6', contents });
    expect(textOf(again)).toBe('results: get_weather=value 0, get_time=value 1');
    const { messages } = house.anthropic.last().body as { messages: { content: object[] }[] };
    expect(messages[1]!.content[0]).toEqual({
      type: 'thinking',
      thinking: `thinking about: ${ASK.parts![0]!.text!}`,
      signature: expect.any(String) as string,
    });
  });

  test.each(['sim-8b', 'gpt-5.6-luna', 'claude-sonnet-4-6'])('%s: Gemini goes on with its calls', async (model) => {
    const ai = GENAI_3.connect(house.url);
    const turn = turnOf(
      await generate(ai, way, { model, contents: [ASK], config: { tools: TOOLS, maxOutputTokens: 64 } }),
    );
    const contents = [ASK, turn, resultsFor(callsIn(turn))];
    const answer = await generate(ai, way, { model: 'gemini-3.8-flash', contents, config: { tools: TOOLS } });
    expect(textOf(answer)).toBe('results: get_weather=value 0, get_time=value 1');
  });

  test('a signed call of Gemini reaches Gemini again, through a chat', async () => {
    const ai = GENAI_3.connect(house.url);
    const chat = ai.chats.create({
      model: 'gemini-3.8-flash',
      config: { tools: [{ functionDeclarations: [WEATHER] }] },
    });
    const say = async (message: Part[]): Promise<GenerateContentResponse[]> => {
      if (way === 'unary') return [await chat.sendMessage({ message })];
      return Array.fromAsync(await chat.sendMessageStream({ message }));
    };
    const turn = turnOf(await say([{ text: 'call get_weather {"city":"Rome"}' }]));
    const signed = turn.parts!.find(({ functionCall }) => functionCall !== undefined)!.thoughtSignature!;
    expect(textOf(await say(resultsFor(callsIn(turn)).parts!))).toBe('results: get_weather=value 0');
    expect(house.gemini.last().bytes.toString()).toContain(signed);
  });
});
