import type { Dialect } from '../dialect.ts';
import { OPENAI } from '../openai/dialect.ts';
import { responsesStreamProblem } from './errors.ts';
import { RESPONSES_TIERS } from './tiers.ts';

/** OpenAI's newer wire: the same errors, limits and models as the chat wire, and streams of typed events. */
export const RESPONSES: Dialect = {
  ...OPENAI,
  name: 'responses',
  tiers: RESPONSES_TIERS,
  tierWords: [...OPENAI.tierWords, 'ultrafast'],
  streamProblem: responsesStreamProblem,
};
