import { availableParallelism } from 'node:os';
import { basename } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { FaultPlan } from '../server/faults.ts';
import { listen } from '../server/listen.ts';
import { EngineMetrics } from '../server/metrics.ts';
import { loadBinding } from './binding.ts';
import type { Binding, JinjaPackage, Llama, LlamaContext, LlamaModel } from './binding.ts';
import { jinjaTemplate, plainTemplate } from './chat-template.ts';
import type { ChatTemplate } from './chat-template.ts';
import { checkGgufFile, GgufProblem } from './gguf-file.ts';
import { InterruptedAnswers } from './interrupted-answers.ts';
import { LlamaBackend } from './llama-backend.ts';
import { LlamaLoop } from './llama-loop.ts';
import { Prompts } from './prompts.ts';

export interface LlamaEngineOptions {
  /** The model. */
  readonly file: string;
  readonly host?: string;
  /** 0 picks a free port. */
  readonly port?: number;
  /** The name that the engine serves its model under; by default the one in the file, or else the file's. */
  readonly model?: string;
  /** Requests that it runs at once; each has a context of its own. */
  readonly maxNumSeqs?: number;
  /** Longest prompt plus answer; by default what the model was trained on, within bounds of memory and `contextTokensDefaultMax`. */
  readonly contextTokens?: number;
  readonly threads?: number;
  /** False computes on the CPU, whatever else there is. */
  readonly gpu?: boolean;
  /** The folder that was given to `npm install --prefix`, where node-llama-cpp is not installed beside Offpeak. */
  readonly home?: string | undefined;
}

export interface LlamaEngine {
  readonly url: string;
  readonly port: number;
  readonly model: string;
  readonly slots: number;
  readonly contextTokens: number;
  /** What it computes on: a kind of GPU, or the CPU. */
  readonly device: string;
  stats(): LlamaEngineStats;
  /** Cuts every connection, frees the port, and unloads the model. */
  close(): Promise<void>;
}

export interface LlamaEngineStats {
  readonly runningRequests: number;
  readonly waitingRequests: number;
  /** Counted since the start. */
  readonly promptTokens: number;
  readonly generatedTokens: number;
  readonly prefixHitTokens: number;
  readonly finishedRequests: number;
  readonly abortedRequests: number;
  readonly receivedRequests: number;
}

export const llamaSlotsDefault: number = 8;
const contextTokensDefaultMax = 8192;
const logMs = 50;
/** A CPU takes about as long for so many prompt tokens as people notice. */
const prefillTokensMax = { cpu: 64, gpu: 512 } as const;

/** Loads a GGUF model into this process and serves it. Rejects with `GgufProblem` or `LlamaMissing`, whose messages are for people. */
export async function startLlamaEngine(options: LlamaEngineOptions): Promise<LlamaEngine> {
  const { file } = options;
  await checkGgufFile(file);
  const threads = options.threads ?? Math.max(1, availableParallelism() - 1);
  const binding = await loadBinding({ home: options.home, gpu: options.gpu ?? true, threads });
  const model = await loadModel(binding, file);
  try {
    return await serveModel(options, binding, model, threads);
  } catch (error) {
    await model.dispose();
    throw error;
  }
}

async function serveModel(
  options: LlamaEngineOptions,
  { llama, jinja }: Binding,
  loaded: LlamaModel,
  threads: number,
): Promise<LlamaEngine> {
  const { file } = options;
  const slots = options.maxNumSeqs ?? llamaSlotsDefault;
  const context = await createContext(llama, loaded, options, slots, threads);
  const contextTokens = Math.min(context.contextSize, loaded.trainContextSize);
  const interrupted = new InterruptedAnswers();
  const loop = new LlamaLoop({
    model: loaded,
    context,
    slots,
    prefillTokensMax: llama.gpu === false ? prefillTokensMax.cpu : prefillTokensMax.gpu,
    interrupted,
  });
  const prompts = new Prompts(loaded, templateOf(jinja, loaded, file), interrupted);
  const backend = new LlamaBackend(contextTokens, slots, prompts, loop);
  const model = options.model ?? nameOf(loaded, file);
  const metrics = new EngineMetrics(loop, model);
  const props = { total_slots: slots, default_generation_settings: { n_ctx: contextTokens }, model_alias: model };
  const server = await listen(
    {
      description: {
        model,
        owner: 'offpeak-llama',
        fingerprint: 'llama.cpp-offpeak-1',
        headers: {},
        pages: new Map<string, () => object>([
          ['/version', () => ({ version: '0.1.0+offpeak.llama.cpp' })],
          ['/props', () => props],
        ]),
        contextExceededCode: 'context_length_exceeded',
      },
      backend,
      metrics,
      apiKey: undefined,
      faults: new FaultPlan(),
      startedS: Math.floor(Date.now() / 1000),
    },
    options,
  );
  return {
    url: server.url,
    port: server.port,
    model,
    slots,
    contextTokens,
    device: llama.gpu === false ? `CPU, ${threads} ${threads === 1 ? 'thread' : 'threads'}` : llama.gpu,
    stats: () => ({
      runningRequests: loop.runningRequests,
      waitingRequests: loop.waitingRequests,
      promptTokens: metrics.promptTokens,
      generatedTokens: metrics.generationTokens,
      prefixHitTokens: loop.prefixHitTokens,
      finishedRequests: metrics.finished.stop + metrics.finished.length,
      abortedRequests: metrics.finished.abort,
      receivedRequests: server.receivedRequests,
    }),
    close: async () => {
      await server.close();
      await loop.close();
      await loaded.dispose();
    },
  };
}

async function loadModel({ llama, errors }: Binding, file: string): Promise<LlamaModel> {
  errors.length = 0;
  try {
    return await llama.loadModel({ modelPath: file });
  } catch (error) {
    // llama.cpp tells the reason in its log, which comes a little later, and the error only that there was one.
    await sleep(logMs);
    const reasons = errors.flatMap((line) => /error loading model: (.*)/.exec(line)?.[1] ?? []);
    const reason = reasons[0] ?? (error as Error).message;
    throw new GgufProblem(
      `${file} cannot be loaded by llama.cpp: ${reason}; expected was a model that generates text`,
      { cause: error },
    );
  }
}

async function createContext(
  llama: Llama,
  model: LlamaModel,
  options: LlamaEngineOptions,
  slots: number,
  threads: number,
): Promise<LlamaContext> {
  try {
    return await model.createContext({
      sequences: slots,
      contextSize: options.contextTokens ?? { max: contextTokensDefaultMax },
      threads,
      // On a CPU it rounds differently from batch to batch, and a continued answer would soon differ from the uninterrupted one.
      flashAttention: llama.gpu === false ? false : 'auto',
    });
  } catch (error) {
    throw new GgufProblem(
      `${options.file} leaves no room in memory for ${slots} requests at once: ${(error as Error).message}`,
      { cause: error },
    );
  }
}

function templateOf(jinja: JinjaPackage, model: LlamaModel, file: string): ChatTemplate {
  const source = model.fileInfo.metadata.tokenizer?.chat_template;
  if (typeof source !== 'string') return plainTemplate;
  const { bosString, eosString } = model.tokens;
  try {
    return jinjaTemplate(jinja, source, { bos: bosString ?? '', eos: eosString ?? '' });
  } catch (error) {
    throw new GgufProblem(`${file} has a chat template that cannot be read: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

function nameOf(model: LlamaModel, file: string): string {
  const name = model.fileInfo.metadata.general?.name;
  return typeof name === 'string' && name.trim() !== '' ? name.trim() : basename(file, '.gguf');
}
