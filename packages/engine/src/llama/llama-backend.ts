import type { Backend, ChoiceListener, ChoicePlan, ChoiceRun, ChoiceTask, EngineGauges } from '../server/backend.ts';
import type { ChatRequest } from '../server/chat-request.ts';
import type { CompletionRequest } from '../server/completion-request.ts';
import { badRequest } from '../server/problem.ts';
import type { LlamaLoop } from './llama-loop.ts';
import type { LaidOutPrompt, Prompts } from './prompts.ts';

/** Requests that wait for a slot. They are few: whoever stands in front of the engine knows its slots. */
const waitingRequestsMax = 1024;

/** llama.cpp as the server sees it. */
export class LlamaBackend implements Backend {
  readonly contextTokensMax: number;
  readonly requestsMax: number;
  readonly gauges: EngineGauges;
  readonly #prompts: Prompts;
  readonly #loop: LlamaLoop;

  constructor(contextTokensMax: number, slots: number, prompts: Prompts, loop: LlamaLoop) {
    this.contextTokensMax = contextTokensMax;
    this.requestsMax = slots + waitingRequestsMax;
    this.gauges = loop;
    this.#prompts = prompts;
    this.#loop = loop;
  }

  nowMs(): number {
    return this.#loop.nowMs();
  }

  planChat(request: ChatRequest): readonly ChoicePlan[] {
    refuseWhatIsMissing(request);
    return this.#choices(this.#prompts.chat(request), request.sampling.choices);
  }

  planCompletion(request: CompletionRequest): readonly ChoicePlan[] {
    if (request.logprobs !== undefined) throw notOffered('logprobs', 'log probabilities');
    return request.prompts.flatMap((prompt) => [
      ...this.#choices(this.#prompts.completion(prompt), request.sampling.choices),
    ]);
  }

  #choices(prompt: LaidOutPrompt, count: number): readonly ChoicePlan[] {
    return Array.from({ length: count }, (_, choice) => new LlamaChoice(this.#loop, prompt, choice));
  }
}

class LlamaChoice implements ChoicePlan {
  readonly promptTokens: number;
  readonly promptText: string;
  readonly #loop: LlamaLoop;
  readonly #prompt: LaidOutPrompt;
  readonly #choice: number;

  constructor(loop: LlamaLoop, prompt: LaidOutPrompt, choice: number) {
    this.#loop = loop;
    this.#prompt = prompt;
    this.#choice = choice;
    this.promptTokens = prompt.tokens.length;
    this.promptText = prompt.text;
  }

  start(task: ChoiceTask, listener: ChoiceListener): ChoiceRun {
    return this.#loop.submit(this.#prompt, this.#choice, task, listener);
  }
}

/** Better an error than an answer that is not what was asked for. */
function refuseWhatIsMissing(request: ChatRequest): void {
  if (request.tools.length > 0 && request.toolChoice.kind !== 'none') throw notOffered('tools', 'tool calls');
  if (request.jsonFormat !== undefined) throw notOffered('response_format', 'structured output');
  if (request.topLogprobs !== undefined) throw notOffered('logprobs', 'log probabilities');
  const other = request.messages.findIndex(({ textOnly }) => !textOnly);
  if (other >= 0) throw notOffered(`messages.${other}.content`, 'messages that are not text');
}

function notOffered(param: string, what: string): Error {
  return badRequest(`${param}: the llama.cpp engine does not offer ${what}.`, param);
}
