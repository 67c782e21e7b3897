import type { ChatRequest, Tool } from '../../server/chat-request.ts';
import { jsonText } from '../../server/fields.ts';
import { badRequest } from '../../server/problem.ts';
import { blockTokens } from '../loop/engine-loop.ts';
import { FixedAnswer } from '../text/answer.ts';
import type { Answer } from '../text/answer.ts';
import { findContinuation, findFixedPosition } from '../text/continuation.ts';
import { TextHash } from '../text/hash.ts';
import type { Seed } from '../text/hash.ts';
import { jsonInstance, SchemaProblem } from '../text/json-instance.ts';
import { beginMark, PromptScan } from '../text/prompt-scan.ts';
import { cutPieces } from './pieces.ts';
import type { SimPlan } from './sim-choice.ts';
import { ToolAnswer } from './tool-answer.ts';

/** Characters per token of an answer in JSON. */
const jsonPieceLength = 4;

/** Lays out the prompt as a chat template would, and finds the answer of each choice and the place where it goes on. */
export function planChat(request: ChatRequest): readonly SimPlan[] {
  const partial = request.continues ? request.messages.at(-1)!.text : '';
  const conversation = request.continues ? request.messages.slice(0, -1) : request.messages;
  const prompt = new PromptScan(blockTokens);
  const hash = new TextHash();
  const segments = [beginMark];
  if (request.tools.length > 0) segments.push('<|tools|>', jsonText(request.tools));
  for (const message of conversation) segments.push(`<|${message.role}|>`, message.text);
  segments.push('<|answer|>');
  for (const segment of segments) {
    prompt.addText(segment);
    hash.addText(segment);
  }
  return Array.from({ length: request.sampling.choices }, (_, choice) => {
    const before = hash.clone();
    before.addText(`<|${request.sampling.seed ?? 'greedy'}|${choice}|>`);
    return planChoice(request, prompt.clone(), before, partial);
  });
}

function planChoice(request: ChatRequest, prompt: PromptScan, before: TextHash, partial: string): SimPlan {
  const composed = composedAnswer(request, before.digest());
  if (composed !== undefined) {
    if (composed instanceof ToolAnswer) {
      if (partial === '') return planFrom(prompt, composed, '', 0, composed.finish, request.topLogprobs);
    } else {
      const position = findFixedPosition(composed, partial);
      if (position !== undefined) return planFrom(prompt, composed, '', position, 'stop', request.topLogprobs);
    }
  }
  const { answer, offset, position } = findContinuation(before, partial, true);
  return planFrom(prompt, answer, partial.slice(0, offset), position, 'stop', request.topLogprobs);
}

/** Adds to the prompt what the client wrote of the answer, and then what this engine did. */
function planFrom(
  prompt: PromptScan,
  answer: Answer,
  foreign: string,
  position: number,
  naturalFinish: 'stop' | 'tool_calls',
  logprobs: number | undefined,
): SimPlan {
  prompt.addText(foreign);
  for (let index = 0; index < position; index++) prompt.addToken(answer.tokenAt(index));
  return { prompt, answer, position, naturalFinish, promptText: '', logprobs };
}

/** Tool calls or JSON, where the request asks for them. */
function composedAnswer(request: ChatRequest, seed: Seed): FixedAnswer | ToolAnswer | undefined {
  try {
    const tools = calledTools(request);
    if (tools.length > 0) {
      return new ToolAnswer(tools, seed, request.toolChoice.kind === 'named' ? 'stop' : 'tool_calls');
    }
    if (request.jsonFormat === undefined) return undefined;
    return new FixedAnswer(cutPieces(jsonText(jsonInstance(request.jsonFormat.schema, seed)), jsonPieceLength));
  } catch (error) {
    if (error instanceof SchemaProblem) throw badRequest(error.message);
    throw error;
  }
}

/** `auto` calls the tools whose names the last message says, if it is the user's. */
function calledTools(request: ChatRequest): readonly Tool[] {
  const choice = request.toolChoice;
  switch (choice.kind) {
    case 'none':
      return [];
    case 'named':
      return request.tools.filter((tool) => tool.name === choice.name).slice(0, 1);
    case 'required':
      return request.tools.slice(0, 1);
    case 'auto': {
      const last = request.messages.at(-1)!;
      const named = last.role === 'user' ? request.tools.filter((tool) => last.text.includes(tool.name)) : [];
      return request.parallelToolCalls ? named : named.slice(0, 1);
    }
  }
}
