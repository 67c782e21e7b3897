import type { ServerResponse } from 'node:http';
import { EventStream } from './event-stream.ts';
import type { Fault } from './faults.ts';
import type { Backend, ChoicePlan } from './backend.ts';
import { Generation } from './generation.ts';
import type { Finish, GenerationEngine } from './generation.ts';
import type { EngineMetrics } from './metrics.ts';
import { badRequest, contextExceeded, problemBody, RequestProblem } from './problem.ts';
import type { Sampling } from './sampling.ts';
import type { Token } from './token.ts';
import type { AnswerUsage, ChoiceResult, WireFormat } from './wire-format.ts';

export interface AnswerContext {
  readonly backend: Backend;
  readonly metrics: EngineMetrics;
  /** The code of the error for what is larger than the context. */
  readonly contextExceededCode: number | string;
  readonly response: ServerResponse;
  readonly fault: Fault | undefined;
}

export interface AnswerJob {
  readonly id: string;
  readonly plans: readonly ChoicePlan[];
  readonly sampling: Sampling;
  /** Used where the request does not say; undefined stands for what is left of the context. */
  readonly maxTokensDefault: number | undefined;
  readonly wire: WireFormat;
}

/** Where the tokens of an answer go. */
interface AnswerSink {
  tokens(choice: number, tokens: readonly Token[], finish: Finish | undefined): void;
  end(): void;
}

/** Runs every choice of a request and answers with them. A client that goes away, at whatever point, stops the work. */
export function serveAnswer(context: AnswerContext, job: AnswerJob): void {
  const limits = job.plans.map((plan) => answerTokensMax(context, job, plan));
  const { backend, metrics } = context;
  const engine: GenerationEngine = { metrics, nowMs: () => backend.nowMs() };
  const generations: Generation[] = [];
  const usage = (): AnswerUsage => usageOf(generations, job.sampling.choices);
  const { response, fault } = context;
  response.on('close', () => {
    for (const generation of generations) generation.abort();
  });
  const sink = job.sampling.stream ? streamSink(response, job, usage) : wholeSink(response, job, usage);
  const faultTokens = fault !== undefined && 'afterTokens' in fault ? fault.afterTokens : Infinity;
  let tokensSeen = 0;
  let choicesOpen = job.plans.length;
  let broken = false;
  for (const [choice, plan] of job.plans.entries()) {
    generations.push(
      new Generation(`${job.id}/${choice}`, plan, job.sampling, limits[choice]!, engine, {
        tokens: (tokens, finish) => {
          if (broken) return;
          if (tokensSeen >= faultTokens) {
            broken = true;
            breakAnswer(response, fault!, job.sampling.stream);
            return;
          }
          tokensSeen += tokens.length;
          sink.tokens(choice, tokens, finish);
          if (finish !== undefined) choicesOpen--;
          if (choicesOpen === 0) sink.end();
        },
        failed: (problem) => {
          if (broken) return;
          broken = true;
          tellFailure(response, problem, job.sampling.stream);
          for (const generation of generations) generation.abort();
        },
      }),
    );
  }
}

function answerTokensMax(context: AnswerContext, job: AnswerJob, plan: ChoicePlan): number {
  const { promptTokens } = plan;
  const { contextTokensMax } = context.backend;
  const room = contextTokensMax - promptTokens;
  const asked = job.sampling.maxTokens;
  if (room < 1 || (asked !== undefined && asked > room)) {
    const request = asked === undefined ? '' : `you requested ${asked} output tokens and `;
    throw contextExceeded(
      `This model's maximum context length is ${contextTokensMax} tokens. However, ${request}your prompt contains ` +
        `${promptTokens} input tokens. Please reduce the length of the input prompt or the number of requested output tokens.`,
      context.contextExceededCode,
    );
  }
  const max = asked ?? Math.min(job.maxTokensDefault ?? room, room);
  if (job.sampling.minTokens > max) {
    throw badRequest(
      `min_tokens must be less than or equal to max_tokens=${max}, got ${job.sampling.minTokens}.`,
      'min_tokens',
    );
  }
  return max;
}

/** Choices of one prompt share it, so it counts once per prompt. */
function usageOf(generations: readonly Generation[], choicesPerPrompt: number): AnswerUsage {
  let promptTokens = 0;
  let cachedTokens = 0;
  let completionTokens = 0;
  for (const [index, generation] of generations.entries()) {
    completionTokens += generation.generatedTokens;
    if (index % choicesPerPrompt !== 0) continue;
    promptTokens += generation.promptTokens;
    cachedTokens += generation.cachedTokens;
  }
  return { promptTokens, cachedTokens, completionTokens };
}

function streamSink(response: ServerResponse, job: AnswerJob, usage: () => AnswerUsage): AnswerSink {
  const { wire, sampling } = job;
  const events = new EventStream(response);
  const opened = job.plans.map(() => false);
  const running = (): AnswerUsage | undefined => (sampling.continuousUsage ? usage() : undefined);
  return {
    tokens(choice, tokens, finish) {
      if (!opened[choice]) {
        opened[choice] = true;
        const opening = wire.openingChunk(choice, running());
        if (opening !== undefined) events.send(opening);
      }
      events.send(wire.chunk(choice, tokens, finish, running()));
    },
    end() {
      if (sampling.includeUsage) events.send(wire.usageChunk(usage()));
      events.end();
    },
  };
}

function wholeSink(response: ServerResponse, job: AnswerJob, usage: () => AnswerUsage): AnswerSink {
  const collected = job.plans.map((): Token[] => []);
  const finishes: Finish[] = [];
  return {
    tokens(choice, tokens, finish) {
      collected[choice]!.push(...tokens);
      if (finish !== undefined) finishes[choice] = finish;
    },
    end() {
      const choices = collected.map((tokens, choice): ChoiceResult => ({ tokens, finish: finishes[choice]! }));
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(job.wire.whole(choices, usage()));
    },
  };
}

/** A stream that has begun can only say it in its own words; everything else still has a status. */
function tellFailure(response: ServerResponse, problem: RequestProblem, stream: boolean): void {
  const body = problemBody(problem);
  if (stream) {
    response.end(`data: ${body}\n\ndata: [DONE]\n\n`);
    return;
  }
  response.writeHead(problem.status, { 'content-type': 'application/json' });
  response.end(body);
}

/** Lets a planned fault happen to an answer that has begun. */
function breakAnswer(response: ServerResponse, fault: Fault, stream: boolean): void {
  switch (fault.kind) {
    case 'truncate':
      response.end();
      return;
    case 'error-event':
      tellFailure(response, new RequestProblem(500, 'InternalServerError', 'EngineCore encountered an issue.'), stream);
      return;
    case 'stall':
      return;
    default:
      response.destroy();
  }
}
