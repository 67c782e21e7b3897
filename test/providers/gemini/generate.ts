import type { Candidate, GenerateContentResponse, Part } from '@google/genai';
import { complaintsOf } from '../complaints.ts';
import type { Answer } from '../deliver.ts';
import { whole } from '../fake.ts';
import { countTokens, replyTo, tokensOf, type Reply } from '../script.ts';
import { tallyOf, type Tally } from '../tally.ts';
import { askedOf, promptOf } from './asked.ts';
import { invalid, refusedFor } from './errors.ts';
import type { GeminiModel } from './models.ts';
import { checkGenerate } from './rules.ts';
import { countRequest, generateRequest, type GenerateRequest } from './schema.ts';
import { servedWord, type GeminiSettings } from './settings.ts';
import { signatureOf } from './signature.ts';

/** The wire's own form of what the SDK gives out as a class, and in words instead of enumerations. */
interface Chunk {
  readonly candidates?: readonly WireCandidate[];
  readonly promptFeedback?: { readonly blockReason: string };
  readonly usageMetadata: GenerateContentResponse['usageMetadata'] & { readonly serviceTier?: string };
  readonly modelVersion: string;
  readonly responseId: string;
}

type Modality = NonNullable<NonNullable<Chunk['usageMetadata']['promptTokensDetails']>[number]['modality']>;

type WireCandidate = Pick<Candidate, 'content' | 'index' | 'groundingMetadata' | 'avgLogprobs' | 'logprobsResult'> & {
  readonly finishReason?: string;
};

export function parseGenerate(body: unknown): GenerateRequest {
  const complaints = complaintsOf(generateRequest, body);
  if (complaints.length > 0) throw refusedFor(complaints);
  return generateRequest.parse(body);
}

export interface GenerateCall {
  readonly body: unknown;
  readonly model: GeminiModel;
  /** `sse`: events; `json`: a stream that is one JSON list; undefined: one piece. */
  readonly stream: 'sse' | 'json' | undefined;
}

export function generateAnswer(
  { body, model, stream }: GenerateCall,
  ids: () => string,
  settings: GeminiSettings,
): Answer {
  const request = parseGenerate(body);
  checkGenerate(request, model);
  const asked = askedOf(request, model);
  const reply = replyTo(asked);
  const tier = servedWord(request.serviceTier, settings);
  const usageMetadata = usageOf(tallyOf(asked, reply, settings.usage), tier);
  const rest = { usageMetadata, modelVersion: model.id, responseId: `fake${ids()}` };
  const headers: Record<string, string> = tier === undefined ? {} : { 'x-gemini-service-tier': tier };
  if (reply.stop === 'refusal') {
    const { candidatesTokenCount: _none, ...promptOnly } = usageMetadata;
    return respond(
      [{ promptFeedback: { blockReason: 'PROHIBITED_CONTENT' }, ...rest, usageMetadata: promptOnly }],
      stream,
      headers,
    );
  }
  const parts = partsOf(request, model, reply, ids, stream !== undefined);
  const mayGround = settings.searches && (request.tools ?? []).some(({ googleSearch }) => googleSearch !== undefined);
  const grounds = mayGround ? { groundingMetadata: { webSearchQueries: [promptOf(request)] } } : {};
  if (stream === undefined) {
    const count = request.generationConfig?.candidateCount ?? 1;
    const candidates = Array.from({ length: count }, (_, index) => ({
      ...candidateOf(request, reply, parts, index),
      ...grounds,
    }));
    return respond([{ candidates, ...rest }], stream, headers);
  }
  const chunks = parts.map((part, index): Chunk => {
    const isLast = index === parts.length - 1;
    const candidate = candidateOf(request, reply, [part], 0);
    const { finishReason: _later, ...going } = candidate;
    return { candidates: [isLast ? { ...candidate, ...grounds } : going], ...rest };
  });
  return respond(chunks, stream, headers);
}

function respond(chunks: readonly Chunk[], stream: GenerateCall['stream'], headers: Record<string, string>): Answer {
  const type = 'application/json; charset=UTF-8';
  if (stream === undefined) return whole(chunks[0], { 'content-type': type, ...headers });
  if (stream === 'sse') {
    return {
      kind: 'stream',
      headers: { 'content-type': 'text/event-stream', ...headers },
      events: chunks.map((chunk) => event(chunk)),
      endEvents: 1,
    };
  }
  const pieces = chunks.map((chunk, index) => Buffer.from(`${index === 0 ? '[' : ',\r\n'}${JSON.stringify(chunk)}`));
  return {
    kind: 'stream',
    headers: { 'content-type': type, ...headers },
    events: [...pieces, Buffer.from('\n]')],
    endEvents: 1,
  };
}

/** Lines end as they do in HTTP. */
export function event(data: unknown): Buffer {
  return Buffer.from(`data: ${typeof data === 'string' ? data : JSON.stringify(data)}\r\n\r\n`);
}

export function countAnswer(body: unknown): Answer {
  const complaints = complaintsOf(countRequest, body);
  if (complaints.length > 0) throw refusedFor(complaints);
  const { contents, generateContentRequest } = countRequest.parse(body);
  if ((contents === undefined) === (generateContentRequest === undefined)) {
    throw invalid('* CountTokensRequest: either contents or generate_content_request must be set\n');
  }
  const totalTokens = countTokens(promptOf(generateContentRequest ?? { contents }));
  return whole({ totalTokens, promptTokensDetails: [{ modality: 'TEXT', tokenCount: totalTokens }] });
}

function usageOf(
  { fresh, cached, cacheWrite, audio, visible, reasoning }: Tally,
  tier: string | undefined,
): Chunk['usageMetadata'] {
  const prompt = fresh + cached + cacheWrite;
  const [text, sound] = ['TEXT', 'AUDIO'] as [Modality, Modality];
  return {
    promptTokenCount: prompt,
    ...(cached > 0
      ? { cachedContentTokenCount: cached, cacheTokensDetails: [{ modality: text, tokenCount: cached }] }
      : {}),
    candidatesTokenCount: visible,
    ...(reasoning > 0 ? { thoughtsTokenCount: reasoning } : {}),
    totalTokenCount: prompt + visible + reasoning,
    promptTokensDetails: [
      { modality: text, tokenCount: prompt - audio },
      ...(audio > 0 ? [{ modality: sound, tokenCount: audio }] : []),
    ],
    ...(tier === undefined ? {} : { serviceTier: tier }),
  };
}

const FINISH = {
  end: 'STOP',
  stop: 'STOP',
  calls: 'STOP',
  length: 'MAX_TOKENS',
  filtered: 'SAFETY',
  refusal: 'SAFETY',
} as const;

/** Thoughts are shown where that is asked for; calls come whole, also in streams. */
function partsOf(request: GenerateRequest, model: GeminiModel, reply: Reply, ids: () => string, cut: boolean): Part[] {
  const pieces = (text: string): string[] => (text === '' ? [] : cut ? tokensOf(text) : [text]);
  const thoughts = request.generationConfig?.thinkingConfig?.includeThoughts === true ? reply.reasoning : '';
  const parts: Part[] = [
    ...pieces(thoughts).map((text) => ({ text, thought: true })),
    ...pieces(reply.text).map((text) => ({ text })),
  ];
  for (const [index, { name, input }] of reply.calls.entries()) {
    parts.push({
      functionCall: { ...(model.signs ? { id: `call${ids()}` } : {}), name, args: input as Record<string, unknown> },
      ...(model.signs && index === 0 ? { thoughtSignature: signatureOf(name) } : {}),
    });
  }
  return parts.length > 0 ? parts : [{ text: '' }];
}

function candidateOf(request: GenerateRequest, reply: Reply, parts: Part[], index: number): WireCandidate {
  const said = parts.flatMap(({ text, thought }) => (text === undefined || thought === true ? [] : [text])).join('');
  return { content: { parts, role: 'model' }, finishReason: FINISH[reply.stop], index, ...logprobsOf(request, said) };
}

function logprobsOf(
  { generationConfig }: GenerateRequest,
  text: string,
): Pick<WireCandidate, 'avgLogprobs' | 'logprobsResult'> {
  if (generationConfig?.responseLogprobs !== true) return {};
  const chosen = tokensOf(text).map((token, index) => ({ token, tokenId: index + 1, logProbability: -0.25 }));
  const others = (token: string) =>
    Array.from({ length: Math.max(0, (generationConfig.logprobs ?? 0) - 1) }, (_, index) => ({
      token: `${token}${index}`,
      tokenId: 1000 + index,
      logProbability: -2 - index,
    }));
  return {
    avgLogprobs: -0.25,
    logprobsResult: {
      chosenCandidates: chosen,
      topCandidates: chosen.map((one) => ({ candidates: [one, ...others(one.token)] })),
    },
  };
}
