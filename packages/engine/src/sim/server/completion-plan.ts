import type { CompletionRequest, Prompt } from '../../server/completion-request.ts';
import { blockTokens } from '../loop/engine-loop.ts';
import { findContinuation } from '../text/continuation.ts';
import { TextHash } from '../text/hash.ts';
import { beginMark, PromptScan } from '../text/prompt-scan.ts';
import type { SimPlan } from './sim-choice.ts';

/** Each id becomes one token of the simulated tokenizer, whatever it meant to the real one. */
export function textOfPrompt(prompt: Prompt): string {
  return typeof prompt === 'string' ? prompt : prompt.map((id) => ` ${id.toString(36)}`).join('');
}

/** Choices in vLLM's order: all of the first prompt, then all of the second. */
export function planCompletion(request: CompletionRequest): readonly SimPlan[] {
  return request.prompts.map(textOfPrompt).flatMap((text) =>
    Array.from({ length: request.sampling.choices }, (_, choice): SimPlan => {
      const before = new TextHash();
      before.addText(`<|raw|${request.sampling.seed ?? 'greedy'}|${choice}|>`);
      const { answer, offset, position } = findContinuation(before, text, false);
      const prompt = new PromptScan(blockTokens);
      prompt.addText(beginMark);
      prompt.addText(text.slice(0, offset));
      for (let index = 0; index < position; index++) prompt.addToken(answer.tokenAt(index));
      const { logprobs } = request;
      return { prompt, answer, position, naturalFinish: 'stop', promptText: text, logprobs };
    }),
  );
}
