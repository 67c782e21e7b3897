import { readFile, writeFile } from 'node:fs/promises';
import { GgufProblem, LlamaMissing, startLlamaEngine, type LlamaEngine } from '@offpeak/engine';
import { beforeAll, describe, expect, test } from 'vitest';
import { until } from '../e2e/harness.ts';
import { ask, leaveAfter, post, question } from './asking.ts';
import { hasLlama, LLAMA_HOME, modelFile, startModel } from './engines.ts';
import { SMALL, TINY } from './random-model.ts';

/** The engine on real models with random weights: nothing here is simulated. */

const continuing = { continue_final_message: true, add_generation_prompt: false };

function goOn(prompt: string, partial: string): { readonly messages: readonly object[] } {
  return { messages: [...question(prompt).messages, { role: 'assistant', content: partial }], ...continuing };
}

async function errorOf(response: Response): Promise<{ message: string; code: unknown; param: unknown }> {
  return ((await response.json()) as { error: { message: string; code: unknown; param: unknown } }).error;
}

describe.skipIf(!hasLlama)('an answer', () => {
  let engine: LlamaEngine;
  let url: string;
  beforeAll(async () => {
    engine = await startModel(TINY);
    ({ url } = engine);
  });

  test('streams as it is whole, a token per event, with exact usage', async () => {
    const body = { ...question('Tell of the tides'), max_tokens: 40 };
    const whole = await ask(url, body);
    const streamed = await ask(url, { ...body, stream: true, stream_options: { include_usage: true } });
    expect(streamed.text).toBe(whole.text);
    expect(streamed.pieces).toHaveLength(40);
    // The template writes `<s>[user]Tell of the tides`, a line's end and `[assistant]`; each character is a token.
    const prompt = 1 + '[user]Tell of the tides\n[assistant]'.length;
    for (const answer of [whole, streamed]) {
      expect(answer).toMatchObject({ finish: 'length', promptTokens: prompt, completionTokens: 40 });
    }
    const other = await ask(url, { ...question('Tell of the moon'), max_tokens: 40 });
    expect(other.text).not.toBe(whole.text);
  });

  test('goes on from any token as if it had not stopped', async () => {
    const prompt = 'Tell of the wind';
    const whole = await ask(url, { ...question(prompt), max_tokens: 120 });
    for (const kept of [1, 37, 119]) {
      const partial = whole.text.slice(0, kept);
      const rest = await ask(url, { ...goOn(prompt, partial), max_tokens: 120 - kept });
      expect(partial + rest.text).toBe(whole.text);
      expect(rest).toMatchObject({ promptTokens: whole.promptTokens + kept, completionTokens: 120 - kept });
    }
    const completed = await ask(url, { prompt: 'Once upon a time', max_tokens: 60 });
    const text = `Once upon a time${completed.text.slice(0, 30)}`;
    expect(text + (await ask(url, { prompt: text, max_tokens: 30 })).text).toBe(`Once upon a time${completed.text}`);
  });

  test('finds what the slot still holds of its prompt', async () => {
    const long = 'a word '.repeat(40);
    const first = await ask(url, { ...question(long), max_tokens: 20 });
    expect(first.cachedTokens).toBeLessThan(20);
    const rest = await ask(url, { ...goOn(long, first.text), max_tokens: 5 });
    expect(rest.cachedTokens).toBe(rest.promptTokens - 1);
  });

  test('is the same beside others as alone, and more requests than slots wait for theirs', async () => {
    const prompts = Array.from({ length: 20 }, (_, index) => `Tell of number ${index} ${'and more '.repeat(index)}`);
    const alone = [];
    for (const prompt of prompts) alone.push((await ask(url, { ...question(prompt), max_tokens: 30 })).text);
    const before = engine.stats();
    let most = 0;
    const asked = Promise.all(prompts.map((prompt) => ask(url, { ...question(prompt), max_tokens: 30 })));
    await until(() => {
      const { runningRequests, waitingRequests, receivedRequests } = engine.stats();
      most = Math.max(most, runningRequests);
      return receivedRequests === before.receivedRequests + 20 && waitingRequests === 0;
    }, 'all of them have a slot or had one');
    expect((await asked).map(({ text }) => text)).toEqual(alone);
    expect(most).toBe(engine.slots);
    expect(engine.stats().finishedRequests).toBe(before.finishedRequests + 20);
  });

  test('ends at a stop string, and its echo begins with the prompt', async () => {
    const body = { ...question('Tell of stops'), max_tokens: 60 };
    const whole = await ask(url, body);
    const stop = whole.text.slice(20, 23);
    const stopped = await ask(url, { ...body, stop, stream: true });
    expect(stopped).toMatchObject({ finish: 'stop', text: whole.text.slice(0, whole.text.indexOf(stop)) });
    const plain = await ask(url, { prompt: 'Echo', max_tokens: 10 });
    expect(await ask(url, { prompt: 'Echo', max_tokens: 10, echo: true })).toMatchObject({ text: `Echo${plain.text}` });
    // The ids of the same prompt: `<s>`, then each character by its place in the vocabulary.
    const ids = [1, ...Array.from('Echo', (letter) => 259 + letter.charCodeAt(0) - 0x20)];
    expect((await ask(url, { prompt: ids, max_tokens: 10 })).text).toBe(plain.text);
  });

  test('is drawn by its seed where the temperature allows it', async () => {
    const draw = async (extra: object): Promise<string> =>
      (await ask(url, { ...question('Tell of dice'), max_tokens: 30, temperature: 1, ...extra })).text;
    const first = await draw({ seed: 7 });
    expect(await draw({ seed: 7 })).toBe(first);
    expect(await draw({ seed: -8 })).not.toBe(first);
    expect(await draw({})).not.toBe(await draw({}));
    // The most probable token alone is left, whatever the seed.
    const greedy = await draw({ temperature: 0 });
    expect(await draw({ seed: 9, top_k: 1 })).toBe(greedy);
    expect(await draw({ temperature: 0, frequency_penalty: 2, presence_penalty: 2 })).not.toBe(greedy);
    const two = await post(url, '/v1/completions', { prompt: 'x', n: 2, seed: 7, max_tokens: 20, temperature: 1 });
    const { choices } = (await two.json()) as { choices: { text: string }[] };
    expect(choices[0]!.text).not.toBe(choices[1]!.text);
  });

  test('may fill the context to its last token, and no more', async () => {
    const { url, contextTokens } = await startModel(TINY, { contextTokens: 256 });
    const prompt = 1 + '[user]Fill\n[assistant]'.length;
    const room = contextTokens - prompt;
    const filled = await ask(url, { ...question('Fill'), max_tokens: room });
    expect(filled).toMatchObject({ finish: 'length', completionTokens: room });
    expect((await ask(url, question('Fill'))).completionTokens).toBe(room);
    const tooMuch = await post(url, '/v1/chat/completions', { ...question('Fill'), max_tokens: room + 1 });
    expect(tooMuch.status).toBe(400);
    expect(await errorOf(tooMuch)).toMatchObject({ code: 'context_length_exceeded' });
    const tooLong = await post(url, '/v1/chat/completions', question('x'.repeat(contextTokens)));
    expect(await errorOf(tooLong)).toMatchObject({ code: 'context_length_exceeded' });
  });

  test.each([
    [{ tools: [{ type: 'function', function: { name: 'f' } }] }, 'tools'],
    [{ response_format: { type: 'json_object' } }, 'response_format'],
    [{ logprobs: true }, 'logprobs'],
    [{ messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url: 'x' } }] }] }, 'messages.0.content'],
  ])('is refused where %j asks for what this engine cannot do', async (extra, param) => {
    const response = await post(url, '/v1/chat/completions', { ...question('Hi'), ...extra });
    expect(response.status).toBe(400);
    expect(await errorOf(response)).toMatchObject({
      param,
      message: expect.stringContaining('does not offer') as string,
    });
  });

  test('is refused to token ids that the model does not have, and to embeddings', async () => {
    const ids = await post(url, '/v1/completions', { prompt: [1, 1_000_000] });
    expect(await errorOf(ids)).toMatchObject({ message: expect.stringContaining('got 1000000') as string });
    expect((await post(url, '/v1/embeddings', { input: 'x' })).status).toBe(400);
  });
});

describe.skipIf(!hasLlama)('the engine', () => {
  test('says what it is, and counts as vLLM does', async () => {
    const engine = await startModel({ ...TINY, name: undefined }, { maxNumSeqs: 3, contextTokens: 512 });
    const page = async (path: string): Promise<unknown> => (await fetch(engine.url + path)).json();
    const file = await modelFile(TINY);
    expect(engine.model).toMatch(/^model-\d+$/);
    expect(file).toMatch(/\.gguf$/);
    expect(await page('/v1/models')).toMatchObject({
      data: [{ id: engine.model, owned_by: 'offpeak-llama', max_model_len: 512 }],
    });
    expect(await page('/props')).toMatchObject({ total_slots: 3 });
    const answer = await post(engine.url, '/v1/chat/completions', { ...question('Hi'), max_tokens: 9 });
    expect(answer.headers.get('x-offpeak-simulated')).toBeNull();
    expect(await answer.text()).not.toMatch(/simulat/i);
    const metrics = await (await fetch(`${engine.url}/metrics`)).text();
    const labels = `engine="0",model_name="${engine.model}"`;
    for (const line of [
      `vllm:num_requests_running{${labels}} 0`,
      `vllm:kv_cache_usage_perc{${labels}} 0`,
      `vllm:generation_tokens_total{${labels}} 9`,
    ]) {
      expect(metrics.split('\n')).toContain(line);
    }
    expect(metrics).toMatch(/vllm:cache_config_info\{block_size="1",.*num_gpu_blocks="1536"\} 1/);
  });

  test('gives a slot on when its client leaves, and the most urgent of those that wait has it', async () => {
    const engine = await startModel(SMALL, { maxNumSeqs: 1 });
    const long = { ...question('Tell at length'), max_tokens: 900, ignore_eos: true };
    const leaving = new AbortController();
    const left = post(engine.url, '/v1/chat/completions', { ...long, stream: true }, leaving.signal);
    await until(() => engine.stats().generatedTokens > 3, 'it is under way');
    const done: string[] = [];
    const wait = async (name: string, priority: number): Promise<void> => {
      await ask(engine.url, { ...question(name), max_tokens: 4, priority });
      done.push(name);
    };
    const flex = wait('flex', 100);
    await until(() => engine.stats().waitingRequests === 1, 'the first waits');
    const gone = new AbortController();
    const never = post(engine.url, '/v1/chat/completions', long, gone.signal);
    await until(() => engine.stats().waitingRequests === 2, 'the second waits');
    const urgent = wait('urgent', -1);
    await until(() => engine.stats().waitingRequests === 3, 'all wait');
    gone.abort();
    await expect(never).rejects.toThrow();
    leaving.abort();
    await left.then((response) => response.text()).catch(() => undefined);
    await Promise.all([flex, urgent]);
    expect(done).toEqual(['urgent', 'flex']);
    expect(engine.stats()).toMatchObject({ abortedRequests: 2, runningRequests: 0, waitingRequests: 0 });
    // Hundreds of tokens were never computed.
    expect(engine.stats().generatedTokens).toBeLessThan(900);
  });

  test('turns requests away when too many wait', async () => {
    const engine = await startModel(SMALL, { maxNumSeqs: 1 });
    const leaving = new AbortController();
    const many = { prompt: Array.from({ length: 8 }, (_, index) => `number ${index}`), n: 128, max_tokens: 500 };
    const left = [many, { prompt: 'one more' }].map((body) =>
      post(engine.url, '/v1/completions', body, leaving.signal),
    );
    await until(() => engine.stats().runningRequests + engine.stats().waitingRequests === 1025, 'all are taken');
    const refused = await post(engine.url, '/v1/completions', { prompt: 'one too many' });
    expect(refused.status).toBe(503);
    expect(await errorOf(refused)).toMatchObject({ message: 'The engine holds 1025 requests already.' });
    leaving.abort();
    await Promise.all(left.map((response) => expect(response).rejects.toThrow()));
    await until(() => engine.stats().runningRequests + engine.stats().waitingRequests === 0, 'nothing is left of them');
    expect((await ask(engine.url, { prompt: 'short', max_tokens: 3 })).completionTokens).toBe(3);
  });

  test('gives a slot on in the middle of a long prompt', async () => {
    const engine = await startModel(SMALL, { maxNumSeqs: 1 });
    const leaving = new AbortController();
    const left = post(engine.url, '/v1/completions', { prompt: 'long '.repeat(190), max_tokens: 1 }, leaving.signal);
    await until(() => engine.stats().runningRequests === 1, 'its prompt is computed');
    leaving.abort();
    await expect(left).rejects.toThrow();
    expect((await ask(engine.url, { prompt: 'short', max_tokens: 3 })).completionTokens).toBe(3);
    expect(engine.stats()).toMatchObject({ abortedRequests: 1, generatedTokens: 3 });
  });
});

describe.skipIf(!hasLlama)('models of other kinds', () => {
  test('with words in their vocabulary go on with the tokens that they had chosen, not with those that the text suggests', async () => {
    const letters = Array.from('$WaE5>');
    const model = { ...TINY, words: letters.flatMap((first) => letters.map((second) => first + second)) };
    const engine = await startModel(model);
    const prompt = 'Tell of words';
    const body = { ...question(prompt), max_tokens: 150 };
    const whole = await ask(engine.url, body);
    const partial = await leaveAfter(engine.url, body, 80);
    expect(whole.text.startsWith(partial)).toBe(true);
    await until(() => engine.stats().abortedRequests === 1, 'the engine has noticed');
    const left = 150 - 80;
    const rest = await ask(engine.url, { ...goOn(prompt, partial), max_tokens: left });
    expect(whole.text.startsWith(partial + rest.text)).toBe(true);
    expect(rest.promptTokens).toBeGreaterThanOrEqual(whole.promptTokens + 80);
    // Who was not there when the answer was interrupted has only the text, and reads other tokens in it.
    const stranger = await startModel(model);
    const guessed = await ask(stranger.url, { ...goOn(prompt, partial), max_tokens: left });
    expect(guessed.text).not.toBe(rest.text);
  });

  test('that say letters in several tokens never show half of one', async () => {
    const { url } = await startModel({ ...TINY, twoBytes: true });
    const body = { ...question('Sprich'), max_tokens: 41 };
    const streamed = await ask(url, { ...body, stream: true, stream_options: { include_usage: true } });
    expect(streamed.completionTokens).toBe(41);
    // The last token is the beginning of a letter that was never finished.
    expect(streamed.pieces).toHaveLength(21);
    for (const piece of streamed.pieces.slice(0, 20)) expect(piece).toMatch(/^[\u00C0-\u00FF]$/);
    expect(streamed.pieces[20]).toBe('\uFFFD');
    expect((await ask(url, body)).text).toBe(streamed.text);
    const even = await ask(url, { ...body, max_tokens: 40 });
    const rest = await ask(url, { ...goOn('Sprich', even.text.slice(0, 7)), max_tokens: 26 });
    expect(even.text.slice(0, 7) + rest.text).toBe(even.text);
  });

  test('that end by themselves stop there, and go on where they are told to', async () => {
    const { url } = await startModel({ ...TINY, endless: -1 });
    const body = { ...question('Be brief'), max_tokens: 500 };
    const whole = await ask(url, body);
    expect(whole.finish).toBe('stop');
    expect(whole.completionTokens).toBe(whole.text.length + 1);
    const longer = await ask(url, { ...body, min_tokens: whole.completionTokens });
    expect(longer.completionTokens).toBeGreaterThan(whole.completionTokens);
    const endless = await ask(url, { ...body, ignore_eos: true });
    expect(endless).toMatchObject({ finish: 'length', completionTokens: 500 });
    expect(endless.text.startsWith(whole.text)).toBe(true);
  });

  test('without a chat template get a plain one, and a template that refuses is quoted', async () => {
    const plain = await startModel({ ...TINY, chatTemplate: undefined });
    const chat = await ask(plain.url, { ...question('Hi'), max_tokens: 20 });
    const raw = await ask(plain.url, { prompt: 'User: Hi\n\nAssistant:', max_tokens: 20 });
    expect([chat.text, chat.promptTokens]).toEqual([raw.text, raw.promptTokens]);
    const strict = await startModel({ ...TINY, chatTemplate: "{{ raise_exception('Only poems') }}" });
    const response = await post(strict.url, '/v1/chat/completions', question('Hi'));
    expect(await errorOf(response)).toMatchObject({ message: expect.stringContaining('Only poems') as string });
  });
});

describe.skipIf(!hasLlama)('a model that cannot be loaded', () => {
  test.each([
    ['cut off', (bytes: Buffer) => bytes.subarray(0, bytes.length - 5000), /not within the file bounds/],
    ['of an unknown kind', (bytes: Buffer) => rename(bytes, 'llama', 'lxama'), /unknown model architecture: 'lxama'/],
  ])('because it is %s is told by its file and the reason', async (what, spoil, why) => {
    const file = (await modelFile(TINY)).replace('.gguf', `-${what.replaceAll(' ', '-')}.gguf`);
    await writeFile(file, spoil(await readFile(await modelFile(TINY))));
    const started = startLlamaEngine({ file, home: LLAMA_HOME, gpu: false });
    await expect(started).rejects.toThrow(GgufProblem);
    await expect(started).rejects.toThrow(file);
    await expect(started).rejects.toThrow(why);
  });

  test('because its chat template is broken is told so', async () => {
    const file = await modelFile({ ...TINY, chatTemplate: '{% for %}' });
    await expect(startLlamaEngine({ file, home: LLAMA_HOME, gpu: false })).rejects.toThrow(/chat template that cannot/);
  });
});

test('without node-llama-cpp the command that installs it is told', async () => {
  const started = startLlamaEngine({ file: await modelFile(TINY), home: '/nowhere' });
  await expect(started).rejects.toThrow(LlamaMissing);
  await expect(started).rejects.toThrow(/npm install --no-save node-llama-cpp@\d+\.\d+\.\d+$/m);
});

/** The first occurrence, by a text of the same length. */
function rename(bytes: Buffer, from: string, to: string): Buffer {
  const renamed = Buffer.from(bytes);
  renamed.write(to, bytes.indexOf(from));
  return renamed;
}
