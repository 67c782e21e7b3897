import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { WireRequest } from '../codec.ts';
import { writtenObject } from '../json/testing/written-json.ts';
import { attachmentTokens } from '../openai/estimate.ts';
import { CARRIED_PREFIX, carry } from './carried-state.ts';
import { readAnthropicRequest } from './request-read.ts';

const BODY = { model: 'claude-opus-5-5', max_tokens: 1_024, messages: [{ role: 'user', content: 'Name a river.' }] };

function read(body: object | string, path = {}): ReturnType<typeof readAnthropicRequest> {
  return readAnthropicRequest(Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)), path);
}

function wireRequest(body: object | string, path = {}): WireRequest {
  const result = read(body, path);
  if (!result.ok) throw new Error(JSON.stringify(result.problem));
  return result;
}

describe('facts', () => {
  test('of a bare request', () => {
    expect(wireRequest(BODY)).toMatchObject({
      choices: 1,
      facts: {
        model: 'claude-opus-5-5',
        stream: false,
        tierWord: undefined,
        maxTokens: 1_024,
        includeUsage: true,
        continuation: 'restart',
        inputTokens: Math.ceil(JSON.stringify(BODY.messages).length / 4),
      },
    });
  });

  test('of a request that says everything', () => {
    const image = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'A'.repeat(40_000) } };
    const body = {
      ...BODY,
      stream: true,
      service_tier: 'standard_only',
      system: 'x'.repeat(398),
      tools: [{ name: 'y'.repeat(10) }],
      messages: [{ role: 'user', content: [image] }],
    };
    const { facts } = wireRequest(body);
    expect(facts).toMatchObject({ stream: true, tierWord: 'standard_only' });
    expect(facts.inputTokens).toBeGreaterThan(attachmentTokens + 100);
    expect(facts.inputTokens).toBeLessThan(attachmentTokens + 200);
  });

  test('a prompt that is only counted needs no bound on its answer', () => {
    const { max_tokens: _, ...counted } = BODY;
    expect(wireRequest(counted, { operation: 'count-tokens' }).facts).toMatchObject({
      maxTokens: undefined,
      stream: false,
    });
  });

  test('no answer at all may be asked for', () => {
    expect(wireRequest({ ...BODY, max_tokens: 0 }).facts.maxTokens).toBe(0);
  });

  test('what the upstream alone can judge passes', () => {
    expect(wireRequest({ ...BODY, temperature: 'hot', unknown: {}, system: 7 }).facts.model).toBe('claude-opus-5-5');
  });
});

describe('refusals name the member and what is allowed', () => {
  const { max_tokens: _, ...unbounded } = BODY;

  test.each<[string, object | string, string, string]>([
    ['no bound on the answer', unbounded, 'max_tokens', 'missing'],
    ['a null bound', { ...BODY, max_tokens: null }, 'max_tokens', 'a whole number from 0 on'],
    ['a fractional bound', { ...BODY, max_tokens: 1.5 }, 'max_tokens', '1.5 is not allowed'],
    ['a negative bound', { ...BODY, max_tokens: -1 }, 'max_tokens', '-1 is not allowed'],
    ['no model', { ...BODY, model: undefined }, 'model', 'missing'],
    ['no messages', { ...BODY, messages: undefined }, 'messages', 'missing'],
    ['empty messages', { ...BODY, messages: [] }, 'messages', 'empty array'],
    ['text for messages', { ...BODY, messages: 'hi' }, 'messages', 'an array'],
    ['text for stream', { ...BODY, stream: 'yes' }, 'stream', 'true, false or null'],
    ['a tier as number', { ...BODY, service_tier: 1 }, 'service_tier', 'a string or null'],
    [
      'two tiers',
      JSON.stringify(BODY).replace('{', '{"service_tier":"auto","service_tier":"flex",'),
      'service_tier',
      'once',
    ],
    ['two systems', JSON.stringify(BODY).replace('{', '{"system":"a","system":"b",'), 'system', 'once'],
  ])('%s', (_what, body, param, detail) => {
    const result = read(body);
    expect(result).toMatchObject({ ok: false, problem: { kind: 'invalid-value', param } });
    expect(!result.ok && result.problem.kind === 'invalid-value' && result.problem.detail).toContain(detail);
  });

  test.each(['', '[]', '"text"', '{"model":"m"', '<html>'])('%j is not JSON', (body) => {
    expect(read(body)).toMatchObject({ ok: false, problem: { kind: 'malformed-json' } });
  });
});

describe('forwarding', () => {
  test('copies nothing where nothing changes', () => {
    const body = Buffer.from(JSON.stringify({ ...BODY, service_tier: 'auto' }));
    const result = readAnthropicRequest(body, {});
    expect(result.ok && result.forward(BODY.model, 'auto')).toBe(body);
    const bare = Buffer.from(JSON.stringify(BODY));
    const second = readAnthropicRequest(bare, {});
    expect(second.ok && second.forward(BODY.model, null)).toBe(bare);
  });

  test('changes model and tier, and nothing else', () => {
    const text = `{ "model" : "a","service_tier":"flex", "max_tokens":1e1 ,"messages":[1],"x":1.50}`;
    const request = wireRequest(text);
    expect(request.forward('b', null).toString()).toBe(`{ "model" : "b", "max_tokens":1e1 ,"messages":[1],"x":1.50}`);
    expect(request.forward('a', 'standard_only').toString()).toBe(text.replace('flex', 'standard_only'));
    expect(JSON.parse(wireRequest(BODY).forward('c', 'auto').toString())).toEqual({
      ...BODY,
      model: 'c',
      service_tier: 'auto',
    });
  });

  test("takes other providers' thoughts out of the history, and nothing else", () => {
    const words = { role: 'user', content: [{ type: 'text', text: 'offpeak.com?' }] };
    const own = { type: 'thinking', thinking: 'Hm', signature: 'EqRk' };
    const foreign = [
      { type: 'thinking', thinking: 'Hm', signature: CARRIED_PREFIX },
      {
        type: 'redacted_thinking',
        data: carry({ from: 'gemini', form: 'thoughtSignature', data: 'QQ==' }, true),
      },
    ];
    const said = { type: 'text', text: 'No.' };
    const messages = [words, { role: 'assistant', content: [own, ...foreign, said] }, words];
    const request = wireRequest({ ...BODY, messages: [...messages, { role: 'assistant', content: foreign }] });
    expect(JSON.parse(request.forward(BODY.model, null).toString())).toEqual({
      ...BODY,
      messages: [words, { role: 'assistant', content: [own, said] }, words],
    });
    const innocent = Buffer.from(JSON.stringify({ ...BODY, messages: [words] }));
    const read = readAnthropicRequest(innocent, {});
    expect(read.ok && read.forward(BODY.model, null)).toBe(innocent);
  });

  test('is what parsing and writing again would give', () => {
    const head = '{"max_tokens":5,"model":"m","messages":[1],';
    const tier = fc.constantFrom('', '"service_tier":"flex",', '"service_tier":null,');
    fc.assert(
      fc.property(writtenObject(['x', 'model2']), tier, fc.constantFrom(null, 'auto'), (written, asked, word) => {
        const text = `${head}${asked}"inner":${written.text}}`;
        const { service_tier: _tier, ...rest } = JSON.parse(text) as Record<string, unknown>;
        const expected = { ...rest, model: 'other', ...(word === null ? {} : { service_tier: word }) };
        expect(JSON.parse(wireRequest(text).forward('other', word).toString())).toEqual(expected);
      }),
    );
  });
});
