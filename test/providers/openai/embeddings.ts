import type OpenAI from 'openai';
import { complaintsOf } from '../complaints.ts';
import type { Answer } from '../deliver.ts';
import { whole } from '../fake.ts';
import { countTokens } from '../script.ts';
import { invalid, refusedFor } from './errors.ts';
import { knownModel } from './rules.ts';
import { embeddingsRequest, type EmbeddingsRequest } from './schema.ts';

const DIMENSIONS = 8;

export function embeddingsAnswer(body: unknown): Answer {
  for (const complaint of complaintsOf(embeddingsRequest, body)) throw refusedFor(complaint);
  const request = body as EmbeddingsRequest;
  const model = knownModel(request.model);
  if (model.embeds !== true) {
    throw invalid('You are not allowed to generate embeddings from this model', null, null, 403);
  }
  const inputs = inputsOf(request.input);
  const tokens = inputs.reduce(
    (sum, input) => sum + (typeof input === 'string' ? countTokens(input) : input.length),
    0,
  );
  return whole({
    object: 'list',
    data: inputs.map((input, index) => ({ object: 'embedding', index, embedding: embedded(input, request) })),
    model: model.id,
    usage: { prompt_tokens: tokens, total_tokens: tokens },
  } satisfies Omit<OpenAI.CreateEmbeddingResponse, 'data'> & { data: unknown[] });
}

function inputsOf(input: EmbeddingsRequest['input']): (string | number[])[] {
  if (typeof input === 'string') return [input];
  return typeof input[0] === 'number' ? [input as number[]] : (input as (string | number[])[]);
}

function embedded(
  input: string | number[],
  { dimensions = DIMENSIONS, encoding_format: format }: EmbeddingsRequest,
): number[] | string {
  const bytes = Buffer.from(typeof input === 'string' ? input : input.join(' '));
  const vector = Float32Array.from({ length: dimensions }, (_, index) => (bytes[index % bytes.length]! - 128) / 128);
  return format === 'base64' ? Buffer.from(vector.buffer).toString('base64') : [...vector];
}
