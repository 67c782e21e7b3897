import OpenAI from 'openai';
import { afterEach } from 'vitest';
import type { SimEngine, SimEngineOptions } from '../options.ts';
import { startSimEngine } from '../start-sim-engine.ts';

const engines: SimEngine[] = [];

afterEach(async () => {
  await Promise.all(engines.splice(0).map((engine) => engine.close()));
});

export interface Harness {
  readonly engine: SimEngine;
  readonly client: OpenAI;
  /** Posts a body as it is and gives the raw response. */
  post(path: string, body: unknown, init?: RequestInit): Promise<Response>;
}

/** An engine on a free port that does not wait, stopped after the test. */
export async function startEngine(options: SimEngineOptions = {}): Promise<Harness> {
  const engine = await startSimEngine({ speed: Infinity, ...options });
  engines.push(engine);
  return {
    engine,
    client: new OpenAI({ baseURL: `${engine.url}/v1`, apiKey: options.apiKey ?? 'none', maxRetries: 0 }),
    post: (path, body, init) =>
      fetch(engine.url + path, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: typeof body === 'string' ? body : JSON.stringify(body),
        ...init,
      }),
  };
}

/** Waits until the condition holds; the test's own timeout is the limit. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 2));
}

export const question: { role: 'user'; content: string }[] = [{ role: 'user', content: 'What stands by the river?' }];

/** vLLM's own members, which the SDK's types do not know. */
export const continuing: object = { continue_final_message: true, add_generation_prompt: false };
