import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startLlamaEngine, type LlamaEngine, type LlamaEngineOptions } from '@offpeak/engine';
import { afterAll, vi } from 'vitest';
import { llamaHome } from './install.ts';
import { writeRandomModel, type RandomModel } from './random-model.ts';

const { home, reason } = await llamaHome();

/** Each token passes through several threads, which takes its time on a machine that is busy with other things. */
const BUSY_MS_MAX = 120_000;
vi.setConfig({ testTimeout: BUSY_MS_MAX, hookTimeout: BUSY_MS_MAX });

/** Without it, tests of the llama.cpp engine are skipped. */
export const hasLlama: boolean = home !== undefined;
export const LLAMA_HOME: string = home ?? '';
if (reason !== undefined) console.warn(`The tests of the llama.cpp engine are skipped: ${reason}`);

const folder = await mkdtemp(join(tmpdir(), 'offpeak-llama-'));
const files = new Map<RandomModel, Promise<string>>();
const engines: LlamaEngine[] = [];
afterAll(async () => {
  await Promise.all(engines.map((engine) => engine.close()));
  await rm(folder, { recursive: true, force: true });
});

/** The model as a file; written once. */
export function modelFile(model: RandomModel): Promise<string> {
  let file = files.get(model);
  if (file === undefined) {
    const path = join(folder, `model-${files.size}.gguf`);
    file = writeRandomModel(path, model).then(() => path);
    files.set(model, file);
  }
  return file;
}

/** Computes on the CPU, as the tests' binary does; stopped after the file's last test. */
export async function startModel(model: RandomModel, options: Partial<LlamaEngineOptions> = {}): Promise<LlamaEngine> {
  const file = await modelFile(model);
  const engine = await startLlamaEngine({ file, home: LLAMA_HOME, gpu: false, contextTokens: 1024, ...options });
  engines.push(engine);
  return engine;
}
