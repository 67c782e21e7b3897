import type { Problem, WireError } from '../problem.ts';
import { faultOf, headersOf, limitedType, paramOf, type Blame, type Fault } from '../words/fault.ts';
import { sentence } from '../words/sentence.ts';
import { groqServedWord } from './tiers.ts';

const TYPES: Readonly<Record<Blame, string>> = {
  client: 'invalid_request_error',
  capacity: 'internal_server_error',
  server: 'internal_server_error',
};

/**
 * Members that say nothing are left out, as Groq does. For a flex refusal the headers carry `x-should-retry: false` although
 * groq-sdk never retries a 498: the openai SDK and generic clients are pointed at this wire too, and some take any unknown status
 * for a passing fault.
 */
export function groqProblem(problem: Problem): WireError {
  const { status, blame, code } = groqFaultOf(problem);
  const param = paramOf(problem);
  const error = {
    message: sentence(problem, groqServedWord),
    type: problem.kind === 'limited' ? limitedType(problem.denial.kind) : TYPES[blame],
    ...(param === null ? {} : { param }),
    code,
  };
  return { status, headers: headersOf(problem), body: JSON.stringify({ error }) };
}

/** The form of OpenAI's wire: groq-sdk throws it. What it finds in `x_groq.error` it hands on as an ordinary chunk. */
export function groqStreamProblem(problem: Problem): Buffer {
  return Buffer.from(`data: ${groqProblem(problem).body}\n\n`);
}

function groqFaultOf(problem: Problem): Fault {
  const fault = faultOf(problem);
  if (problem.kind === 'flex-unavailable') return { ...fault, status: 498, code: 'capacity_exceeded' };
  // A request that alone is over the limit is too large here; elsewhere it is one more 429.
  if (problem.kind === 'limited' && problem.denial.never) return { ...fault, status: 413 };
  return fault;
}
