import type { ProcessTarget } from '../load/target.ts';
import { startOffpeak } from '../proxies/offpeak.ts';
import { modelName } from '../wire.ts';
import { asksOf, headersOf } from './clients.ts';
import { openaiBase, providerModels } from './models.ts';
import type { Passage } from './passages.ts';

/** Room for every stream at once: how many a provider takes is no question here. */
const concurrency = 20_000;

/** One Offpeak in front of an engine and every provider, all of them the fake upstream. */
function upstreams(port: number): string {
  const provider = (name: 'openai' | 'groq' | 'gemini' | 'anthropic' | 'bedrock', path: string = ''): string => `
  - name: hosted-${name}
    kind: provider
    provider: ${name}
    url: http://127.0.0.1:${port}${path}
    apiKey: upstream-key
    models: ["${providerModels[name]}"]
    concurrency: ${concurrency}`;
  return `
upstreams:
  - name: fake
    kind: engine
    engine: openai
    url: http://127.0.0.1:${port}
    models: [${modelName}]
    capacity: { slots: ${concurrency} }${provider('openai', openaiBase)}${provider('groq')}${provider('gemini')}${provider('anthropic')}${provider('bedrock')}
`;
}

export interface House {
  targetOf(passage: Passage): ProcessTarget;
  stop(): Promise<void>;
}

export async function startHouse(upstreamPort: number, profileDir: string | undefined): Promise<House> {
  const { port, pid, key, stop } = await startOffpeak(upstreams(upstreamPort), profileDir);
  return {
    targetOf: ({ name, mount, model }) => ({
      name,
      port,
      pid,
      headers: headersOf(mount, key),
      asks: asksOf(mount, model),
    }),
    stop,
  };
}
