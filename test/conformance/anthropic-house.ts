import { startHouse, type House, type HouseOptions } from '../e2e/harness.ts';
import { startFakeEngine, upstreamLine, works, type FakeEngine } from '../e2e/fake-engine.ts';
import { ANTHROPIC_KEY, startAnthropic, type AnthropicFake } from '../providers/anthropic/fake.ts';
import type { Violation } from '../providers/fake.ts';
import { OPENAI_KEY, startOpenAi, type OpenAiFake } from '../providers/openai/fake.ts';

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
export interface AnthropicHouse extends House {
  readonly anthropic: AnthropicFake;
  readonly openai: OpenAiFake;
  /** An engine that answers as a test wrote it, with the model `scripted`. */
  readonly scripted: FakeEngine;
  /** What the providers would have refused. */
  violations(): Violation[];
}

export async function startAnthropicHouse(options: HouseOptions = {}): Promise<AnthropicHouse> {
  const [anthropic, openai, scripted] = await Promise.all([startAnthropic(), startOpenAi(), startFakeEngine(works)]);
  scripted.models = [{ id: 'scripted' }];
  const house = await startHouse({
    engines: [{}],
    ...options,
    upstreams: [
      `{ name: anthropic, kind: provider, provider: anthropic, url: "${anthropic.url}", apiKey: ${ANTHROPIC_KEY} }`,
      `{ name: openai, kind: provider, provider: openai, url: "${openai.url}", apiKey: ${OPENAI_KEY} }`,
      upstreamLine('scripted', scripted.url),
    ],
  });
  return {
    ...house,
    anthropic,
    openai,
    scripted,
    violations: () => [...anthropic.violations, ...openai.violations],
    close: async () => {
      await house.close();
      await Promise.all([anthropic.close(), openai.close(), scripted.close()]);
    },
  };
}
