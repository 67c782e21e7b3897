import type { Dialect, StreamForm } from '../dialect.ts';
import { ArrayStream } from './array-stream.ts';
import { GEMINI } from './dialect.ts';

const STREAMS: StreamForm = {
  ...GEMINI.streams,
  contentType: 'application/json; charset=utf-8',
  // White space before the array's first bracket.
  heartbeat: Buffer.from('\n'),
  rewriter: () => new ArrayStream(),
};

/** `streamGenerateContent` without `alt=sse`. Its refusals are in an array of their own, as if each were a stream of one element. */
export const GEMINI_ARRAY: Dialect = {
  ...GEMINI,
  streams: STREAMS,
  problem: (problem) => {
    const error = GEMINI.problem(problem);
    return { ...error, body: `[${error.body}]` };
  },
};
