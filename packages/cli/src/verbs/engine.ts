import { Command, Option } from 'commander';
import {
  GgufProblem,
  isProfileName,
  llamaSlotsDefault,
  LlamaMissing,
  PROFILES,
  startLlamaEngine,
  startSimEngine,
} from '@offpeak/engine';
import { Failure, Misuse } from '../exit.ts';
import { count, port, positive } from '../options.ts';
import { quoted } from '../shell.ts';
import { untilSignal } from '../signals.ts';

interface EngineOptions {
  readonly host: string;
  readonly port: number;
  readonly profile: string;
  readonly model?: string;
  readonly speed: number;
  readonly maxNumSeqs?: number;
  readonly maxModelLen?: number;
  readonly gguf?: string;
}

const SIM_MODEL = 'sim-8b';
const SIM_SEQS = 256;

export function engineVerb(): Command {
  return new Command('engine')
    .description(
      'Run an OpenAI-compatible engine alone: the simulated one, with the timing of a real GPU and made-up text, or a GGUF model.',
    )
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .option('--port <number>', 'port to listen on', port, 9000)
    .addOption(
      new Option('--gguf <file>', 'run this model with llama.cpp instead of simulating one').conflicts([
        'profile',
        'speed',
      ]),
    )
    .addOption(
      new Option('--profile <name>', 'the GPU and model to behave like')
        .choices(Object.keys(PROFILES))
        .default('h100-8b'),
    )
    .option('--model <name>', `the name that it answers to (default "${SIM_MODEL}", with --gguf the model's own)`)
    .option('--speed <factor>', 'times as fast as the real one', positive, 1)
    .option(
      '--max-num-seqs <number>',
      `requests that it runs at once (default ${SIM_SEQS}, with --gguf ${llamaSlotsDefault})`,
      count,
    )
    .option('--max-model-len <tokens>', 'with --gguf: longest prompt and answer of a request', count)
    .action(async (options: EngineOptions) => {
      await (options.gguf === undefined ? simulate(options) : runModel(options, options.gguf));
    });
}

async function simulate(options: EngineOptions): Promise<void> {
  const { host, port, profile, speed, model = SIM_MODEL, maxNumSeqs = SIM_SEQS } = options;
  if (!isProfileName(profile)) throw new Failure(`there is no profile ${profile}`);
  if (options.maxModelLen !== undefined) throw new Misuse('--max-model-len needs --gguf');
  const engine = await startSimEngine({ host, port, profile, speed, model, maxNumSeqs }).catch(cannotStart);
  console.log(`SIMULATED engine ${model} (${profile}, speed ${speed}) on ${engine.url}`);
  console.log('Its timing is modelled, its text is made up. Try it:');
  await serveUntilSignal(engine, model);
}

async function runModel(options: EngineOptions, file: string): Promise<void> {
  const { host, port, model, maxNumSeqs, maxModelLen } = options;
  const engine = await startLlamaEngine({
    file,
    host,
    port,
    home: process.env['OFFPEAK_LLAMA_HOME'],
    ...(model === undefined ? {} : { model }),
    ...(maxNumSeqs === undefined ? {} : { maxNumSeqs }),
    ...(maxModelLen === undefined ? {} : { contextTokens: maxModelLen }),
  }).catch(cannotStart);
  const { slots, contextTokens, device } = engine;
  console.log(`llama.cpp engine ${engine.model} (${device}) on ${engine.url}`);
  console.log(`It runs ${slots} requests at once, of up to ${contextTokens} tokens each. Try it:`);
  await serveUntilSignal(engine, engine.model);
}

function cannotStart(error: unknown): never {
  if (error instanceof GgufProblem) throw new Misuse(error.message);
  if (error instanceof LlamaMissing) throw new Failure(error.message);
  throw new Failure(`the engine cannot start: ${(error as Error).message}`);
}

async function serveUntilSignal(
  engine: { readonly url: string; close(): Promise<void> },
  model: string,
): Promise<void> {
  const body = { model, messages: [{ role: 'user', content: 'Hello' }], max_tokens: 16 };
  console.log(`  curl ${engine.url}/v1/chat/completions -H 'content-type: application/json' \\`);
  console.log(`    -d ${quoted(JSON.stringify(body))}`);
  await untilSignal();
  await engine.close();
}
