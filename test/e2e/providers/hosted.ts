import { createKey } from '@offpeak/gateway';
import { expect } from 'vitest';
import { ANTHROPIC_KEY, startAnthropic, type AnthropicFake } from '../../providers/anthropic/fake.ts';
import { GEMINI_KEY, startGemini, type GeminiFake } from '../../providers/gemini/fake.ts';
import { GROQ_KEY, startGroq, type GroqFake } from '../../providers/groq/fake.ts';
import { OPENAI_KEY, startOpenAi, type OpenAiFake } from '../../providers/openai/fake.ts';
import { checkBooks, type Witness } from '../books.ts';
import { startHouse, until, withStore, type House, type HouseOptions } from '../harness.ts';

/** A house with hosted providers behind it, each under its own name. */
export interface HostedHouse extends House, Fakes {
  /** Keys of the projects that were asked for, by project. */
  readonly keys: Readonly<Record<string, string>>;
  /** Checks that the providers were sent nothing that they would not have taken, and forgets what they were sent. */
  checkProviders(): void;
}

interface Fakes {
  readonly openai: OpenAiFake;
  readonly groq: GroqFake;
  readonly anthropic: AnthropicFake;
  readonly gemini: GeminiFake;
}

export interface HostedOptions extends Omit<HouseOptions, 'ready'> {
  /** The providers behind it, each with further keys of its line: `tiers: [flex]`. */
  readonly providers: Partial<Record<keyof Fakes, string>>;
  /** Projects that get a key each; the house is open without any. */
  readonly projects?: readonly string[];
  /** Further keys of a project's line, by project. */
  readonly settings?: Readonly<Record<string, string>>;
}

export const PROVIDER_KEYS: Readonly<Record<keyof Fakes, string>> = {
  openai: OPENAI_KEY,
  groq: GROQ_KEY,
  anthropic: ANTHROPIC_KEY,
  gemini: GEMINI_KEY,
};

/** Groq's API lies below a path. */
export function urlOf(name: keyof Fakes, { url }: { readonly url: string }): string {
  return name === 'groq' ? `${url}/openai` : url;
}

export async function startHosted({
  providers,
  projects = [],
  settings = {},
  ...options
}: HostedOptions): Promise<HostedHouse> {
  const [openai, groq, anthropic, gemini] = await Promise.all([
    startOpenAi(),
    startGroq(),
    startAnthropic(),
    startGemini(),
  ]);
  const fakes = { openai, groq, anthropic, gemini };
  const names = Object.keys(providers) as (keyof Fakes)[];
  const lines = names.map((name) => {
    const key = /\bapiKey:/.test(providers[name]!) ? '' : `, apiKey: "${PROVIDER_KEYS[name]}"`;
    const more = providers[name] === '' ? '' : `, ${providers[name]!}`;
    return `{ name: ${name}, kind: provider, provider: ${name}, url: "${urlOf(name, fakes[name])}"${key}${more} }`;
  });
  const house = await startHouse({
    ...options,
    upstreams: [...lines, ...(options.upstreams ?? [])],
    config: `${options.config ?? ''}\n${projectsOf(projects, settings)}`,
  });
  await until(async () => {
    const page = await house.metrics();
    return names.every((name) => page.includes(`offpeak_upstream_up{upstream="${name}"} 1`));
  }, 'the providers have listed their models');
  return {
    ...house,
    ...fakes,
    keys: await keysFor(house, projects),
    checkProviders: () => {
      for (const name of names) {
        expect(fakes[name].violations).toEqual([]);
        fakes[name].reset();
      }
    },
    close: async () => {
      await house.close();
      await Promise.all(Object.values(fakes).map((fake) => fake.close()));
    },
  };
}

/** For the end of a file's tests: the books are right, and the house is closed whether they are or not. */
export async function closeChecked(house: HostedHouse, ...witnesses: Witness[]): Promise<void> {
  try {
    await checkBooks(house, ...witnesses);
  } finally {
    await house.close();
  }
}

function projectsOf(projects: readonly string[], settings: Readonly<Record<string, string>>): string {
  if (projects.length === 0) return '';
  const lines = projects.map((name) => `  - { name: ${name}${name in settings ? `, ${settings[name]!}` : ''} }`);
  return `auth: keys\nprojects:\n${lines.join('\n')}\n`;
}

async function keysFor(house: House, projects: readonly string[]): Promise<Record<string, string>> {
  const keys: Record<string, string> = {};
  await withStore(house.data, async (store) => {
    for (const project of projects) keys[project] = (await createKey(store, project, { now: Date.now() })).key;
  });
  const last = projects.at(-1);
  if (last === undefined) return keys;
  const headers = { authorization: `Bearer ${keys[last]!}` };
  await until(async () => (await fetch(`${house.url}/v1/models`, { headers })).ok, 'the keys are known');
  return keys;
}
