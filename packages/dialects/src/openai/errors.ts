import type { Problem, WireError } from '../problem.ts';
import { faultOf, headersOf, limitedType, paramOf, type Blame } from '../words/fault.ts';
import { sentence } from '../words/sentence.ts';
import { openaiServedWord } from './tiers.ts';

const TYPES: Readonly<Record<Blame, string>> = {
  client: 'invalid_request_error',
  capacity: 'resource_unavailable',
  server: 'server_error',
};

/** All four members are always there, as in OpenAI's own answers. */
export function openaiProblem(problem: Problem): WireError {
  const { status, blame, code } = faultOf(problem);
  const error = {
    message: sentence(problem, openaiServedWord),
    type: problem.kind === 'limited' ? limitedType(problem.denial.kind) : TYPES[blame],
    param: paramOf(problem),
    code,
  };
  return { status, headers: headersOf(problem), body: JSON.stringify({ error }) };
}

/** The stream ends after it; both majors of the SDK throw it as an APIError. */
export function openaiStreamProblem(problem: Problem): Buffer {
  return Buffer.from(`data: ${openaiProblem(problem).body}\n\n`);
}
