import { openaiProblem } from '../openai/errors.ts';
import type { Problem } from '../problem.ts';
import { isObject, type JsonObject } from '../openai/accumulate.ts';

/**
 * OpenAI's reference has the error's members beside the event's type. openai 6 throws only where it finds an `error` in the data, and yields
 * everything else as an ordinary event, so they stand there as well.
 */
export function responsesStreamProblem(problem: Problem): Buffer {
  const body: unknown = JSON.parse(openaiProblem(problem).body);
  const error: JsonObject = isObject(body) && isObject(body['error']) ? body['error'] : {};
  const { message, code, param } = error;
  return Buffer.from(`event: error\ndata: ${JSON.stringify({ type: 'error', code, message, param, error })}\n\n`);
}
