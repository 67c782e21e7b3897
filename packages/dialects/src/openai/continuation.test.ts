import { describe, expect, test } from 'vitest';
import { readRequest } from './request.ts';

function continuation(operation: 'chat' | 'completions', extra: object): string {
  const prompt = operation === 'chat' ? { messages: [{ role: 'user', content: 'hi' }] } : { prompt: 'hi' };
  const result = readRequest(operation, Buffer.from(JSON.stringify({ model: 'm', ...prompt, ...extra })));
  if (!result.ok) throw new Error(JSON.stringify(result.problem));
  return result.facts.continuation;
}

describe('a chat answer can be continued', () => {
  test.each([
    {},
    { temperature: 0.7, top_p: 0.9, seed: 3, stop: ['\n'], stop_token_ids: [2], logit_bias: { 5: 1 }, user: 'u' },
    { tools: [], functions: null, tool_choice: 'none' },
    { logprobs: false, top_logprobs: 0, n: 1, best_of: 1 },
    { presence_penalty: 0, frequency_penalty: 0.0, repetition_penalty: 1, repeat_penalty: 1.0 },
    { response_format: { type: 'text' }, modalities: ['text'], audio: null, min_tokens: 0 },
    { guided_json: null, grammar: '', structured_outputs: {} },
    { messages: [{ role: 'user', content: [{ type: 'text', text: 'hi' }] }] },
    { messages: [{ role: 'assistant', content: 'Once' }] },
    { messages: [{ content: 'Once', role: 'assistant' }], continue_final_message: true, add_generation_prompt: false },
  ])('with %j', (extra) => {
    expect(continuation('chat', extra)).toBe('continue');
  });
});

describe('a chat answer can only start again', () => {
  test.each([
    { tools: [{ type: 'function', function: { name: 'f' } }] },
    { functions: [{ name: 'f' }] },
    { logprobs: true },
    { top_logprobs: 3 },
    { prompt_logprobs: 0 },
    { n: 2 },
    { best_of: 3 },
    { use_beam_search: true },
    { presence_penalty: 0.1 },
    { frequency_penalty: -1 },
    { repetition_penalty: 1.1 },
    { repetition_penalty: 0.5 },
    { response_format: { type: 'json_object' } },
    { response_format: { type: 'json_schema', json_schema: { name: 's', schema: {} } } },
    { response_format: 'text' },
    { modalities: ['text', 'audio'] },
    { audio: { voice: 'v', format: 'wav' } },
    { min_tokens: 5 },
    { guided_json: { type: 'object' } },
    { guided_choice: ['a', 'b'] },
    { structured_outputs: { regex: 'a+' } },
    { grammar: 'root ::= "a"' },
    { echo: true },
    { add_generation_prompt: false },
    { messages: [{ role: 'assistant', content: null, tool_calls: [] }] },
    { messages: [{ role: 'assistant', content: [{ type: 'text', text: 'Once' }] }] },
    { messages: [{ role: 'user', content: 'hi' }, 'not a message'] },
  ])('with %j', (extra) => {
    expect(continuation('chat', extra)).toBe('restart');
  });
});

describe('a completion', () => {
  test('of one text can be continued', () => {
    expect(continuation('completions', { logprobs: null, suffix: null })).toBe('continue');
  });

  test.each([
    { prompt: ['a', 'b'] },
    { prompt: [1, 2, 3] },
    { logprobs: 0 },
    { suffix: ' end' },
    { echo: true },
    { best_of: 2 },
    { guided_regex: 'a' },
  ])('with %j can only start again', (extra) => {
    expect(continuation('completions', extra)).toBe('restart');
  });
});
