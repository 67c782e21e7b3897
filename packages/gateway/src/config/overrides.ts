import { resolve as resolvePath } from 'node:path';
import { isLoopback } from './address.ts';
import type { Config, UpstreamConfig } from './config.ts';
import { OPEN_ELSEWHERE } from './cross.ts';
import { parseBaseUrl } from './fields.ts';
import type { ConfigResult } from './load.ts';
import type { ConfigProblem } from './problems.ts';

/** What the command line says; it wins over the file. */
export interface Overrides {
  readonly host?: string | undefined;
  readonly port?: number | undefined;
  /** From the working directory. */
  readonly data?: string | undefined;
  /** URLs of engines, in place of all upstreams of the file; the models' targets have to exist there no less. */
  readonly upstreams?: readonly string[] | undefined;
}

export function applyOverrides(config: Config, overrides: Overrides): ConfigResult {
  const problems: ConfigProblem[] = [];
  const listen = { host: overrides.host ?? config.listen.host, port: overrides.port ?? config.listen.port };
  if (!Number.isInteger(listen.port) || listen.port < 0 || listen.port > 65_535) {
    problems.push({ path: '--port', message: 'must be a whole number from 0 to 65535', value: String(listen.port) });
  }
  const loopback = isLoopback(listen.host);
  if (config.authStated && config.auth === 'open' && !loopback) {
    problems.push({ path: '--host', message: OPEN_ELSEWHERE, value: listen.host });
  }

  const urls = overrides.upstreams ?? [];
  const upstreams: UpstreamConfig[] = [];
  for (const [index, text] of urls.entries()) {
    const url = parseBaseUrl(text);
    if (url === null) {
      const message = 'must be an http:// or https:// URL without user, query or fragment';
      problems.push({ path: '--upstream', message: `number ${index + 1} ${message}` });
    } else upstreams.push(plainEngine(`engine-${index + 1}`, url));
  }
  const chosen = urls.length > 0 ? upstreams : config.upstreams;
  for (const model of config.models) {
    const missing = model.targets.find((target) => !chosen.some((upstream) => upstream.name === target.upstream));
    if (missing !== undefined && problems.length === 0) {
      const message = `replaces the file's upstreams, but model ${model.name} has ${missing.upstream} as a target; those given are named ${chosen.map(({ name }) => name).join(', ')}`;
      problems.push({ path: '--upstream', message });
    }
  }
  if (problems.length > 0) return { ok: false, problems };

  return {
    ok: true,
    config: {
      ...config,
      listen,
      data: overrides.data === undefined ? config.data : resolvePath(overrides.data),
      auth: config.authStated ? config.auth : loopback ? 'open' : 'keys',
      upstreams: chosen,
    },
  };
}

function plainEngine(name: string, url: string): UpstreamConfig {
  return {
    name,
    kind: 'engine',
    engine: 'auto',
    url,
    models: 'auto',
    capacity: { slots: 'auto' },
    enginePriority: false,
    apiKey: undefined,
    headers: {},
  };
}
