import { describe, expect, test } from 'vitest';
import type { WireRequest } from '../../codec.ts';
import { CODECS } from '../../codecs.ts';

const CHAT = { model: 'chat', messages: [{ role: 'user', content: 'Name a river.' }] };

function request(body: object, wire: 'openai' | 'groq' = 'openai'): WireRequest {
  const read = CODECS[wire].read(Buffer.from(JSON.stringify(body)), {});
  if (!read.ok) throw new Error(JSON.stringify(read.problem));
  return read;
}

function forwarded(body: object, model: string, tierWord: string | null, wire: 'openai' | 'groq' = 'openai'): unknown {
  return JSON.parse(request(body, wire).forward(model, tierWord).toString());
}

describe('forwarding', () => {
  test('what needs no change is the same buffer', () => {
    const bytes = Buffer.from(JSON.stringify({ ...CHAT, service_tier: 'flex' }));
    const read = CODECS.openai.read(bytes, {});
    expect(read.ok && read.forward('chat', 'flex') === bytes).toBe(true);
  });

  test('model and tier are written in, and all other bytes stay', () => {
    const bytes = Buffer.from(
      '{ "temperature": 1.0, "model": "chat",\n"messages":[{"role":"user","content":"\\u00e9"}]}',
    );
    const read = CODECS.openai.read(bytes, {});
    expect(read.ok && read.forward('gpt-5.6-luna', 'flex').toString()).toBe(
      '{ "temperature": 1.0, "model": "gpt-5.6-luna",\n"messages":[{"role":"user","content":"\\u00e9"}],"service_tier":"flex"}',
    );
  });

  test('a tier that the upstream is not to get goes, and so does the priority of engines', () => {
    expect(forwarded({ ...CHAT, service_tier: 'flex', priority: -9 }, 'chat', null)).toEqual(CHAT);
  });

  test('streams tell their usage, beside what else the client wants of them', () => {
    const stream = { ...CHAT, stream: true };
    expect(forwarded(stream, 'chat', null)).toEqual({ ...stream, stream_options: { include_usage: true } });
    const own = { include_obfuscation: false, include_usage: false };
    expect(forwarded({ ...stream, stream_options: own }, 'chat', null)).toMatchObject({
      stream_options: { include_obfuscation: false, include_usage: true },
    });
    // Groq has no such option.
    expect(forwarded(stream, 'chat', null, 'groq')).toEqual(stream);
  });

  test('state of other providers stays here', () => {
    const state = [{ from: 'anthropic', form: 'signature', data: 's', text: 'Hm.' }];
    const messages = [{ role: 'assistant', content: 'a', offpeak_state: state }, ...CHAT.messages];
    expect(forwarded({ ...CHAT, messages }, 'chat', null)).toEqual({
      ...CHAT,
      messages: [{ role: 'assistant', content: 'a' }, ...CHAT.messages],
    });
  });

  test('a text that only mentions such state is left alone', () => {
    const messages = [{ role: 'user', content: 'What is "offpeak_state"?' }];
    expect(forwarded({ ...CHAT, messages }, 'chat', null)).toEqual({ ...CHAT, messages });
  });
});

describe('reading', () => {
  test('facts and choices', () => {
    const read = request({ ...CHAT, n: 3, max_tokens: 10, stream: true, service_tier: 'flex' });
    expect(read.choices).toBe(3);
    expect(read.facts).toMatchObject({ model: 'chat', stream: true, tierWord: 'flex', maxTokens: 30 });
    expect(request(CHAT).choices).toBe(1);
  });

  test('a mistake is told', () => {
    const read = CODECS.openai.read(Buffer.from('{"model":7}'), {});
    expect(read).toMatchObject({ ok: false, problem: { kind: 'invalid-value', param: 'model' } });
  });
});
