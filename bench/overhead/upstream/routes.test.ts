import { CODECS } from '@offpeak/dialects';
import { describe, expect, it } from 'vitest';
import { ResponseReader } from '../load/response-reader.ts';
import { monotonicUs, sentAtUsOf, tokenMark } from '../wire.ts';
import type { Wire } from '../wires/models.ts';
import { answerTokens, promptTokens } from './canned.ts';
import { cannedAt } from './routes.ts';

const upstreams: readonly (readonly [wire: Wire, path: string, streamPath: string])[] = [
  ['openai', '/v1/chat/completions', '/v1/chat/completions'],
  ['openai', '/hosted/v1/chat/completions', '/hosted/v1/chat/completions'],
  ['responses', '/hosted/v1/responses', '/hosted/v1/responses'],
  ['groq', '/openai/v1/chat/completions', '/openai/v1/chat/completions'],
  ['gemini', '/v1beta/models/m:generateContent', '/v1beta/models/m:streamGenerateContent?alt=sse'],
  ['anthropic', '/v1/messages', '/v1/messages'],
  ['bedrock', '/model/m/converse', '/model/m/converse-stream'],
];

const tokens = 3;
const headEnd = '\r\n\r\n';

function bodyOf(response: Buffer): Buffer {
  return response.subarray(response.indexOf(headEnd) + headEnd.length);
}

/** The stream's bytes without the frames of HTTP. */
function unchunked(body: Buffer): Buffer {
  const pieces: Buffer[] = [];
  for (let at = 0; at < body.length;) {
    const line = body.indexOf('\r\n', at);
    const size = parseInt(body.toString('latin1', at, line), 16);
    pieces.push(body.subarray(line + 2, line + 2 + size));
    at = line + 2 + size + 2;
  }
  return Buffer.concat(pieces);
}

describe.each(upstreams)('the %s wire at %s', (wire, path, streamPath) => {
  const canned = cannedAt(path)!;

  it('has an answer in one piece that its codec understands', () => {
    expect(new ResponseReader().feed(canned.unary)).toBe(true);
    const answer = CODECS[wire].decodeAnswer(JSON.parse(bodyOf(canned.unary).toString()), {});
    expect(answer.choices).toMatchObject([{ parts: [{ kind: 'text' }], stop: 'end' }]);
    expect(answer.usage).toMatchObject({ input: promptTokens, output: answerTokens });
  });

  it('has streams that its codec understands, with one event for each token', () => {
    const stream = [canned.opening, ...Array.from({ length: tokens }, () => canned.token(monotonicUs()))];
    const body = bodyOf(Buffer.concat([...stream, canned.ending(tokens, true)]));
    const decoder = CODECS[wire].streamDecoder({});
    const parts = decoder.push(unchunked(body));
    const told = parts.filter((part) => part.kind === 'text' && part.text.includes(tokenMark.toString()));
    expect(told).toHaveLength(tokens);
    expect(parts).toContainEqual(expect.objectContaining({ kind: 'finish', stop: 'end' }));
    expect(parts).toContainEqual(
      expect.objectContaining({ kind: 'usage', usage: expect.objectContaining({ output: tokens }) }),
    );
  });

  it('marks each token once, with the time when it was sent', () => {
    const sentAtUs = monotonicUs();
    const token = canned.token(sentAtUs);
    const mark = token.indexOf(tokenMark);
    expect(sentAtUsOf(token, mark)).toBe(sentAtUs);
    expect(token.indexOf(tokenMark, mark + 1)).toBe(-1);
    expect(canned.opening.includes(tokenMark)).toBe(false);
    expect(canned.ending(tokens, true).includes(tokenMark)).toBe(false);
  });

  it('knows a request for a stream', () => {
    expect(canned.wantsStream(streamPath, '{"stream": true')).toBe(true);
    expect(canned.wantsStream(path, '{')).toBe(false);
    expect(cannedAt(streamPath)).toBe(canned);
  });
});
