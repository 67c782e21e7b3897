import { startFakeEngine, upstreamLine, works, type FakeEngine } from '../e2e/fake-engine.ts';
import { startHosted, type HostedHouse, type HostedOptions } from '../e2e/providers/hosted.ts';

/** Every way that an answer to a client of Anthropic's wire comes about. */
export interface Backend {
  readonly name: string;
  readonly model: string;
  readonly upstream: string;
  /** It gives back what it is told, instead of words of its own. */
  readonly echoes: boolean;
}

export const OWN: Backend = { name: 'an own engine', model: 'sim-8b', upstream: 'gpu-0', echoes: false };
export const FORWARDED: Backend = {
  name: 'Anthropic, as bytes',
  model: 'claude-haiku-4-5-20251001',
  upstream: 'anthropic',
  echoes: true,
};
export const TRANSLATED: Backend = { name: 'OpenAI, translated', model: 'gpt-4o', upstream: 'openai', echoes: true };
export const BACKENDS: readonly Backend[] = [OWN, FORWARDED, TRANSLATED];

/** A house with an engine of its own and both providers behind it. */
export interface AnthropicHouse extends HostedHouse {
  /** An engine that answers as a test wrote it, with the model `scripted`. */
  readonly scripted: FakeEngine;
}

export async function startAnthropicHouse(options: Omit<HostedOptions, 'providers'> = {}): Promise<AnthropicHouse> {
  const scripted = await startFakeEngine(works);
  scripted.models = [{ id: 'scripted' }];
  const house = await startHosted({
    engines: [{}],
    ...options,
    providers: { anthropic: '', openai: '' },
    upstreams: [upstreamLine('scripted', scripted.url)],
  });
  return {
    ...house,
    scripted,
    close: async () => {
      await house.close();
      await scripted.close();
    },
  };
}
