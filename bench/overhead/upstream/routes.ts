import { chatPath } from '../wire.ts';
import { openaiBase } from '../wires/models.ts';
import { anthropicAnswers } from './answers/anthropic.ts';
import { bedrockAnswers } from './answers/bedrock.ts';
import { engineAnswers } from './answers/engine.ts';
import { geminiAnswers } from './answers/gemini.ts';
import { groqAnswers } from './answers/groq.ts';
import { openaiAnswers } from './answers/openai.ts';
import { responsesAnswers } from './answers/responses.ts';
import type { Canned } from './canned.ts';

const routes: readonly (readonly [prefix: string, canned: Canned])[] = [
  [chatPath, engineAnswers],
  [`${openaiBase}${chatPath}`, openaiAnswers],
  [`${openaiBase}/v1/responses`, responsesAnswers],
  [`/openai${chatPath}`, groqAnswers],
  ['/v1beta/models/', geminiAnswers],
  ['/v1/messages', anthropicAnswers],
  ['/model/', bedrockAnswers],
];

/** What is served at a path: an engine, and beside it every provider. */
export function cannedAt(path: string): Canned | undefined {
  return routes.find(([prefix]) => path.startsWith(prefix))?.[1];
}
