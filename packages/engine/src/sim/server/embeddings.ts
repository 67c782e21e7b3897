import { readPrompts } from '../../server/completion-request.ts';
import { Fields } from '../../server/fields.ts';
import type { JsonObject } from '../../server/fields.ts';
import { blockTokens } from '../loop/engine-loop.ts';
import { draw, TextHash } from '../text/hash.ts';
import { beginMark, PromptScan } from '../text/prompt-scan.ts';
import { textOfPrompt } from './completion-plan.ts';

export interface EmbeddingRequest {
  readonly texts: readonly string[];
  readonly base64: boolean;
  readonly dimensions: number;
  readonly priority: number;
}

const dimensionsDefault = 384;
const dimensionsMax = 4096;

export function readEmbeddingRequest(body: JsonObject): EmbeddingRequest {
  const fields = new Fields(body);
  const encoding = fields.string('encoding_format') ?? 'float';
  if (encoding !== 'float' && encoding !== 'base64')
    throw fields.wrong('encoding_format', '"float" or "base64"', encoding);
  return {
    texts: readPrompts(fields, 'input').map(textOfPrompt),
    base64: encoding === 'base64',
    dimensions: fields.integer('dimensions', 1, dimensionsMax) ?? dimensionsDefault,
    priority: fields.integer('priority', -(2 ** 31), 2 ** 31 - 1) ?? 0,
  };
}

export function embeddingPrompt(text: string): PromptScan {
  const prompt = new PromptScan(blockTokens);
  prompt.addText(beginMark);
  prompt.addText(text);
  return prompt;
}

/** A unit vector drawn from the text's hash: equal texts are equal, others are nearly at right angles. */
export function embed(text: string, dimensions: number): Float32Array {
  const hash = new TextHash();
  hash.addText(text);
  const seed = hash.digest();
  const vector = Float32Array.from({ length: dimensions }, (_, index) => draw(seed, index) / 2 ** 31 - 1);
  const length = Math.hypot(...vector);
  return vector.map((value) => value / length);
}

export function embeddingBody(
  request: EmbeddingRequest,
  model: string,
  id: string,
  createdS: number,
  promptTokens: number,
): string {
  return JSON.stringify({
    id,
    object: 'list',
    created: createdS,
    model,
    data: request.texts.map((text, index) => {
      const vector = embed(text, request.dimensions);
      return {
        index,
        object: 'embedding',
        embedding: request.base64 ? Buffer.from(vector.buffer).toString('base64') : Array.from(vector),
      };
    }),
    usage: {
      prompt_tokens: promptTokens,
      total_tokens: promptTokens,
      completion_tokens: 0,
      prompt_tokens_details: null,
    },
  });
}
