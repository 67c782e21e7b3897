import type { AnswerFacts, Codec, WireHeaders } from '../../codec.ts';
import type { Extra, Usage } from '../../dialect.ts';
import { withExtras } from '../../extras.ts';
import { compileNames, type Names } from '../../json/names.ts';
import { scanObject } from '../../json/scan.ts';
import { isObject } from '../../openai/accumulate.ts';
import { TIER_HEADER } from '../answer-decode.ts';
import { readUsage } from '../usage.ts';

const NOTHING: Names<never> = compileNames([]);

/** Where the last chunk of a stream tells what Bedrock counted, whatever the model's own form. */
export const METRICS_MEMBER = 'amazon-bedrock-invocationMetrics';

export function readMetrics(raw: unknown): Usage | null {
  if (!isObject(raw)) return null;
  return readUsage({
    inputTokens: raw['inputTokenCount'],
    outputTokens: raw['outputTokenCount'],
    cacheReadInputTokens: raw['cacheReadInputTokenCount'],
    cacheWriteInputTokens: raw['cacheWriteInputTokenCount'],
  });
}

/** The count of the model's own form where that is known, else of the headers. */
export function invokeFacts(body: Buffer, headers: WireHeaders, wire: Codec | null): AnswerFacts | null {
  if (!scanObject(body, NOTHING).ok) return null;
  const own = wire?.answerFacts(body, headers) ?? null;
  const usage = own?.usage ?? countedInHeaders(headers);
  return { usage: withExtras(usage, invokeExtras(headers)), tierWord: headers[TIER_HEADER] };
}

export function invokeExtras(headers: WireHeaders): readonly Extra[] {
  return headers['x-amzn-bedrock-performanceconfig-latency'] === 'optimized' ? ['fast'] : [];
}

function countedInHeaders(headers: WireHeaders): Usage | null {
  const count = (name: string): number => Number(headers[`x-amzn-bedrock-${name}-token-count`] ?? Number.NaN);
  return readUsage({
    inputTokens: count('input'),
    outputTokens: count('output'),
    cacheReadInputTokens: count('cache-read-input'),
    cacheWriteInputTokens: count('cache-write-input'),
  });
}
