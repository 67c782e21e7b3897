import { expect, test } from 'vitest';
import { KeptAnswer } from './kept-answer.ts';

function chunk(id: string, delta: object, finish: string | null = null, more: object = {}): Buffer {
  const choices = [{ index: 0, delta, finish_reason: finish }];
  return Buffer.from(
    `data: ${JSON.stringify({ id, object: 'chat.completion.chunk', created: 1, model: 'm', choices, ...more })}\n\n`,
  );
}

function usageChunk(id: string, prompt: number, completion: number, cached: number): Buffer {
  const usage = {
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: prompt + completion,
    prompt_tokens_details: { cached_tokens: cached },
  };
  return Buffer.from(`data: ${JSON.stringify({ id, choices: [], usage })}\n\ndata: [DONE]\n\n`);
}

function parsed(text: string): Record<string, unknown>[] {
  return text
    .split('\n\n')
    .filter((block) => block !== '')
    .map((block) => JSON.parse(block.slice(6)) as Record<string, unknown>);
}

/** Three tokens, an eviction, and a second run that goes on with two more. */
function interrupted(kept: KeptAnswer): string {
  kept.beginRun();
  let sent = kept.push(chunk('first', { role: 'assistant', content: '' }), 'flex');
  for (const word of ['one', ' two', ' three']) sent += kept.push(chunk('first', { content: word }), 'flex');
  kept.push(Buffer.from('data: {"id":"first","cho'), 'flex');
  expect(kept.beginRun()).toBe(0);
  expect(kept.emitted).toEqual({ text: 'one two three', tokens: 3 });
  sent += kept.push(chunk('second', { role: 'assistant', content: '' }), 'flex');
  sent += kept.push(chunk('second', { content: ' four' }), 'flex');
  sent += kept.push(chunk('second', { content: '' }, 'stop'), 'flex');
  return sent + kept.push(usageChunk('second', 13, 2, 12), 'flex');
}

test('a resumed answer is one answer: one identity, one role, all its text, and usage counted once', () => {
  const kept = new KeptAnswer('chat', true, 'continue');
  const chunks = parsed(interrupted(kept));
  expect(new Set(chunks.map(({ id }) => id))).toEqual(new Set(['first']));
  expect(chunks.every(({ service_tier: tier }) => tier === 'flex')).toBe(true);
  const deltas = chunks.flatMap(({ choices }) => choices as { delta: { role?: string; content?: string } }[]);
  expect(deltas.filter(({ delta }) => delta.role !== undefined)).toHaveLength(1);
  expect(deltas.map(({ delta }) => delta.content ?? '').join('')).toBe('one two three four');
  // Two of the twelve tokens that the second run found in its cache were prompt to it alone.
  expect(chunks.at(-1)).toMatchObject({
    usage: {
      prompt_tokens: 10,
      completion_tokens: 5,
      total_tokens: 15,
      prompt_tokens_details: { cached_tokens: 10 },
    },
  });
  expect(kept.usage).toMatchObject({ input: 10, output: 5 });
  expect(kept.unary('flex', kept.usage)).toMatchObject({
    id: 'first',
    choices: [{ message: { content: 'one two three four' }, finish_reason: 'stop' }],
    usage: { prompt_tokens: 10, completion_tokens: 5, prompt_tokens_details: { cached_tokens: 10 } },
  });
});

test('the usage chunk stays inside when the client did not ask for it', () => {
  const kept = new KeptAnswer('chat', false, 'continue');
  expect(parsed(interrupted(kept)).every(({ usage }) => usage === undefined)).toBe(true);
  expect(kept.usage).toMatchObject({ input: 10, output: 5 });
});

test('what is more than text starts again, and says what was thrown away', () => {
  const kept = new KeptAnswer('chat', true, 'continue');
  kept.beginRun();
  kept.push(chunk('first', { tool_calls: [{ index: 0, id: 'a', function: { name: 'f', arguments: '{' } }] }), 'flex');
  expect(kept.continuable).toBe(false);
  expect(kept.beginRun()).toBe(1);
  expect(kept.emitted).toEqual({ text: '', tokens: 0 });
  kept.push(chunk('second', { content: 'anew' }, 'stop'), 'flex');
  expect(kept.unary('flex', null)).toMatchObject({ id: 'second', choices: [{ message: { content: 'anew' } }] });
});

test("an engine's error inside the stream ends what is passed on", () => {
  const kept = new KeptAnswer('chat', true, 'restart');
  kept.beginRun();
  const out = kept.push(
    Buffer.from('data: {"error":{"message":"boom"}}\n\ndata: {"id":"later","choices":[]}\n\n'),
    'flex',
  );
  expect(out).toBe('');
  expect(kept.error).toEqual({ message: 'boom' });
});

test('white space at the break is said once, whether or not the next run says it again', () => {
  for (const said of [['\n\n', 'next'], ['\n\nnext'], ['next']]) {
    const kept = new KeptAnswer('chat', true, 'continue');
    kept.beginRun();
    kept.push(chunk('first', { content: 'one.' }), 'flex');
    kept.push(chunk('first', { content: '\n\n' }), 'flex');
    kept.beginRun();
    expect(kept.emitted.text).toBe('one.');
    for (const content of said) kept.push(chunk('second', { content }), 'flex');
    kept.push(chunk('second', {}, 'stop'), 'flex');
    expect(kept.unary('flex', null)).toMatchObject({ choices: [{ message: { content: 'one.\n\nnext' } }] });
  }
});
