import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { continueRequest, type ContinueStyle } from './resume.ts';

const EMITTED = { text: 'The "Rhine"\nflows', tokens: 7 };
const USER = { role: 'user', content: 'Tell me of a river.' };

function continued(
  operation: 'chat' | 'completions',
  body: object | string,
  style: ContinueStyle,
  emitted: { text: string; tokens: number } = EMITTED,
): unknown {
  const bytes = Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
  const pieces = continueRequest(operation, bytes, emitted, style);
  return pieces === null ? null : JSON.parse(Buffer.concat(pieces).toString());
}

describe('chat', () => {
  test.each<[ContinueStyle, object]>([
    ['vllm', { continue_final_message: true, add_generation_prompt: false }],
    ['sglang', { continue_final_message: true }],
    ['llama.cpp', {}],
  ])('%s goes on with an assistant message of its own', (style, flags) => {
    expect(continued('chat', { model: 'm', messages: [USER], temperature: 0 }, style)).toEqual({
      model: 'm',
      messages: [USER, { role: 'assistant', content: EMITTED.text }],
      temperature: 0,
      ...flags,
    });
  });

  test('what was said already is taken off the bounds', () => {
    expect(continued('chat', { messages: [USER], max_tokens: 20, max_completion_tokens: 30 }, 'vllm')).toMatchObject({
      max_tokens: 13,
      max_completion_tokens: 23,
    });
    expect(continued('chat', { messages: [USER], max_tokens: 7, max_completion_tokens: null }, 'vllm')).toMatchObject({
      max_tokens: 1,
      max_completion_tokens: null,
    });
  });

  const PREFILLED = { messages: [USER, { role: 'assistant', content: 'Well: ' }] };

  test('a message that the client let the engine continue is extended', () => {
    const flags = { continue_final_message: true, add_generation_prompt: false };
    const extended = { messages: [USER, { role: 'assistant', content: `Well: ${EMITTED.text}` }], ...flags };
    expect(continued('chat', { ...PREFILLED, ...flags }, 'vllm')).toEqual(extended);
    expect(continued('chat', { ...PREFILLED, ...flags }, 'sglang')).toEqual(extended);
  });

  test('llama.cpp extends every trailing assistant message, because it continued it', () => {
    expect(continued('chat', PREFILLED, 'llama.cpp')).toEqual({
      messages: [USER, { role: 'assistant', content: `Well: ${EMITTED.text}` }],
    });
  });

  test('the others answered it with a message of their own', () => {
    expect(continued('chat', PREFILLED, 'vllm')).toMatchObject({
      messages: [...PREFILLED.messages, { role: 'assistant', content: EMITTED.text }],
    });
  });

  test.each<[string, object | string, ContinueStyle]>([
    ['an engine that cannot be told', { messages: [USER] }, 'none'],
    ['parts instead of text', { messages: [{ role: 'assistant', content: [] }] }, 'llama.cpp'],
    ['no messages', { model: 'm' }, 'vllm'],
    ['no message to extend', { messages: [] }, 'llama.cpp'],
    ['no JSON', '{"messages":[', 'vllm'],
  ])('%s: null', (_what, body, style) => {
    expect(continued('chat', body, style)).toBeNull();
  });

  test('any text arrives as it was, in any layout', () => {
    const text = fc.string({ unit: 'binary', minLength: 1 });
    const style = fc.constantFrom<ContinueStyle>('vllm', 'sglang', 'llama.cpp');
    fc.assert(
      fc.property(text, text, fc.constantFrom(undefined, 1, '\t'), style, (said, prefill, indent, style) => {
        const messages = [USER, { content: prefill, role: 'assistant' }];
        const body = JSON.stringify(
          { messages, continue_final_message: true, add_generation_prompt: false },
          null,
          indent,
        );
        expect(continued('chat', body, style, { text: said, tokens: 1 })).toMatchObject({
          messages: [USER, { role: 'assistant', content: prefill + said }],
        });
      }),
    );
  });
});

describe('completions', () => {
  test.each<ContinueStyle>(['vllm', 'sglang', 'llama.cpp'])('%s reads the prompt with what was said', (style) => {
    expect(continued('completions', { prompt: 'Once', max_tokens: 10 }, style)).toEqual({
      prompt: `Once${EMITTED.text}`,
      max_tokens: 3,
    });
  });

  test('only a text can be added to', () => {
    expect(continued('completions', { prompt: ['Once'] }, 'vllm')).toBeNull();
    expect(continued('completions', { prompt: [1, 2] }, 'vllm')).toBeNull();
  });
});

test('where nothing was said the request is sent as it was', () => {
  const body = Buffer.from('{"messages":[]}');
  expect(continueRequest('chat', body, { text: '', tokens: 0 }, 'none')).toEqual([body]);
});
