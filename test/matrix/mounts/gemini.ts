import type { Json } from '../../e2e/requests.ts';
import { countIn, listIn, objectIn, parsed, textIn } from '../json.ts';
import type { Ask, Call, Heard, HeardUsage, Mount, Reply, Turn, WireProblem } from './mount.ts';
import { sseEvents } from './sse.ts';

export const GEMINI: Mount = {
  name: 'gemini',
  tierWords: { priority: 'priority', standard: 'standard', flex: 'flex' },
  tierHeader: true,
  counts: ['cached', 'reasoning'],
  problems: {
    'flex-unavailable': { status: 503, word: 'UNAVAILABLE' },
    contended: { status: 503, word: 'UNAVAILABLE' },
    rejected: { status: 400, word: 'INVALID_ARGUMENT' },
    unsupported: { status: 400, word: 'INVALID_ARGUMENT' },
    'upstream-failed': { status: 502, word: 'INTERNAL' },
    'upstream-timeout': { status: 504, word: 'DEADLINE_EXCEEDED' },
    'upstream-credentials': { status: 502, word: 'INTERNAL' },
    'upstream-exhausted': { status: 503, word: 'UNAVAILABLE' },
  },
  brokenWord: 'INTERNAL',
  request: (ask) => ({
    path: `/v1beta/models/${encodeURIComponent(ask.model)}:${ask.stream ? 'streamGenerateContent?alt=sse' : 'generateContent'}`,
    headers: {},
    body: bodyOf(ask),
  }),
  hear: (reply, stream) => {
    const header = reply.headers.get('x-gemini-service-tier') ?? undefined;
    return stream
      ? heardStream(reply, header)
      : heardChunks([parsed(reply.bytes.toString('utf8'), 'the answer')], header);
  },
  problem: (reply) => {
    const body = parsed(reply.bytes.toString('utf8'), 'the refusal');
    if (objectIn(body['error'], 'error')['code'] !== reply.status) throw new Error('error.code is not the status');
    return { status: reply.status, ...problemIn(body) };
  },
};

function bodyOf({ tier, turns, tools, format, maxTokens }: Ask): Json {
  const config = {
    ...(format === undefined ? {} : { responseMimeType: 'application/json', responseJsonSchema: format }),
    ...(maxTokens === undefined ? {} : { maxOutputTokens: maxTokens }),
  };
  return {
    contents: turns.map(contentOf),
    ...(tier === undefined ? {} : { serviceTier: tier }),
    ...(tools === undefined
      ? {}
      : {
          tools: [
            {
              functionDeclarations: tools.map(({ name, description, schema }) => ({
                name,
                description,
                parametersJsonSchema: schema,
              })),
            },
          ],
        }),
    ...(Object.keys(config).length === 0 ? {} : { generationConfig: config }),
  };
}

function contentOf(turn: Turn): Json {
  switch (turn.kind) {
    case 'user': {
      const { text, pngBase64 } = turn;
      const image = pngBase64 === undefined ? [] : [{ inlineData: { mimeType: 'image/png', data: pngBase64 } }];
      return { role: 'user', parts: [{ text }, ...image] };
    }
    case 'said':
      return objectIn(turn.heard.turn, 'content');
    case 'results':
      return {
        role: 'user',
        parts: turn.results.map(({ call, text }) => ({ functionResponse: resultOf(call, text) })),
      };
  }
}

/** Clients repeat the call's id where the answer had one. */
function resultOf({ id, name }: Call, output: string): Json {
  return { ...(id === '' ? {} : { id }), name, response: { output } };
}

function heardStream(reply: Reply, header: string | undefined): Heard {
  const chunks = sseEvents(reply.bytes).map(({ event, data }) => {
    if (event !== undefined) throw new Error(`this wire names no events: ${event}`);
    return parsed(data, 'a chunk');
  });
  const failed = chunks.findIndex((chunk) => chunk['error'] !== undefined);
  if (failed < 0) return heardChunks(chunks, header);
  if (failed !== chunks.length - 1) throw new Error('something comes after the error');
  const text = chunks
    .slice(0, failed)
    .flatMap(partsIn)
    .map((part) => part['text'] ?? '')
    .join('');
  return {
    text,
    calls: [],
    stop: 'end',
    model: undefined,
    tiers: header === undefined ? [] : [header],
    usage: undefined,
    turn: null,
    failure: problemIn(chunks[failed]!),
  };
}

function heardChunks(chunks: readonly Json[], header: string | undefined): Heard {
  const parts = chunks.flatMap(partsIn);
  const said = parts.filter((part) => part['text'] !== undefined && part['thought'] !== true);
  const calls = parts.flatMap((part) => (part['functionCall'] === undefined ? [] : [callOf(part['functionCall'])]));
  const reasons = chunks
    .flatMap((chunk) => candidatesIn(chunk).map((candidate) => candidate['finishReason']))
    .filter((reason) => reason !== undefined);
  if (reasons.length !== 1) throw new Error(`the answer has ${reasons.length} finish reasons`);
  const last = chunks.at(-1)!;
  const metadata = objectIn(last['usageMetadata'], 'usageMetadata');
  const told = metadata['serviceTier'] === undefined ? [] : [textIn(metadata['serviceTier'], 'serviceTier')];
  return {
    text: said.map((part) => textIn(part['text'], 'text')).join(''),
    calls,
    stop: stopOf(reasons[0], calls.length > 0),
    model: textIn(last['modelVersion'], 'modelVersion'),
    tiers: [...new Set([textIn(header, 'x-gemini-service-tier'), ...told])],
    usage: usageOf(metadata),
    turn: { role: 'model', parts },
    failure: null,
  };
}

function candidatesIn(chunk: Json): Json[] {
  const candidates = chunk['candidates'] === undefined ? [] : listIn(chunk['candidates'], 'candidates');
  return candidates.map((candidate) => objectIn(candidate, 'a candidate'));
}

function partsIn(chunk: Json): Json[] {
  return candidatesIn(chunk).flatMap(({ content }) => {
    if (content === undefined) return [];
    const { role, parts } = objectIn(content, 'content');
    if (role !== 'model') throw new Error(`the role is ${String(role)}`);
    return (parts === undefined ? [] : listIn(parts, 'parts')).map((part) => objectIn(part, 'a part'));
  });
}

function callOf(value: unknown): Call {
  const { id, name, args } = objectIn(value, 'functionCall');
  return {
    id: id === undefined ? '' : textIn(id, 'the id of a call'),
    name: textIn(name, 'the name of a call'),
    input: objectIn(args ?? {}, 'args'),
  };
}

function stopOf(reason: unknown, called: boolean): Heard['stop'] {
  if (reason === 'MAX_TOKENS') return 'length';
  if (reason !== 'STOP') throw new Error(`an unexpected finishReason: ${String(reason)}`);
  return called ? 'calls' : 'end';
}

function usageOf(metadata: Json): HeardUsage | undefined {
  if (metadata['promptTokenCount'] === undefined) return undefined;
  const of = (member: string): number => countIn(metadata[member] ?? 0, member);
  const [input, reasoning] = [of('promptTokenCount'), of('thoughtsTokenCount')];
  const output = of('candidatesTokenCount') + reasoning;
  if (metadata['totalTokenCount'] !== input + output) throw new Error('totalTokenCount is not the sum');
  return { input, output, cached: of('cachedContentTokenCount'), reasoning };
}

function problemIn(body: Json): WireProblem {
  const error = objectIn(body['error'], 'error');
  return { word: textIn(error['status'], 'error.status'), message: textIn(error['message'], 'error.message') };
}
