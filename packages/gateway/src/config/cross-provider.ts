import type { RawProblem } from './problems.ts';
import type { RawProject, RawProvider } from './raw.ts';

const BEDROCK_ONLY = ['region', 'accessKeyId', 'secretAccessKey', 'sessionToken'] as const;

/** What the members of one provider say of each other. */
export function checkProvider(upstream: RawProvider, index: number, projects: readonly RawProject[]): RawProblem[] {
  const { name, provider, tiers = [] } = upstream;
  const problems: RawProblem[] = [];
  const problem = (member: string | null, message: string): void => {
    problems.push({ path: ['upstreams', index, ...(member === null ? [] : [member])], message });
  };
  if (provider !== 'openai' && upstream.api !== 'auto') problem('api', 'is only possible with openai');
  if (provider === 'anthropic' && tiers.includes('flex')) {
    const path = ['upstreams', index, 'tiers', tiers.indexOf('flex')];
    problems.push({ path, message: 'is not sold by anthropic; it has priority and standard' });
  }
  const hasKey = upstream.apiKey !== undefined || upstream.accessKeyId !== undefined;
  const isPaidFor = hasKey || projects.some(({ providerKeys }) => Object.hasOwn(providerKeys, name));
  if (provider === 'bedrock') checkBedrock(upstream, problem);
  else {
    for (const member of BEDROCK_ONLY) {
      if (upstream[member] !== undefined) problem(member, `is only possible with bedrock; ${provider} takes apiKey`);
    }
  }
  if (!isPaidFor && problems.length === 0) {
    const signed = provider === 'bedrock' ? ', accessKeyId and secretAccessKey,' : '';
    problem(null, `needs apiKey${signed} or a project with providerKeys.${name}: nobody could use it`);
  }
  return problems;
}

function checkBedrock(upstream: RawProvider, problem: (member: string | null, message: string) => void): void {
  const { accessKeyId, secretAccessKey } = upstream;
  if ((accessKeyId === undefined) !== (secretAccessKey === undefined)) {
    const missing = accessKeyId === undefined ? 'accessKeyId' : 'secretAccessKey';
    problem(null, `needs ${missing} as well: the two sign together`);
  } else if (upstream.sessionToken !== undefined && accessKeyId === undefined) {
    problem('sessionToken', 'needs accessKeyId and secretAccessKey beside it');
  }
  if (accessKeyId !== undefined && upstream.apiKey !== undefined) {
    problem('apiKey', 'and accessKeyId exclude each other; give one');
  }
  if (upstream.url !== undefined && upstream.region === undefined && accessKeyId !== undefined) {
    problem('url', 'needs region beside it, which is part of every signature');
  }
  if (upstream.models === 'auto') {
    problem('models', 'cannot be auto with bedrock, whose runtime lists none; name them');
  }
}
