import { readFileSync, watch, type FSWatcher } from 'node:fs';
import { dirname, resolve as resolvePath } from 'node:path';
import type { Config, ServerLimits } from './config.ts';
import type { ConfigResult } from './load.ts';
import type { ConfigProblem } from './problems.ts';

/** Editors and mounts replace a file in several steps; they are over in this time. */
const DEBOUNCE_MS = 250;

export interface ConfigWatchOptions {
  readonly file: string;
  /** The configuration that is in force. */
  readonly current: Config;
  /** From the file's text to a configuration: loadConfig, and the command line's overrides. */
  readonly load: (text: string) => ConfigResult;
  /** `restart` names the settings that changed and stay as they were until the next start; `config` has the old ones. */
  readonly onChange: (config: Config, restart: readonly string[]) => void;
  /** The new file is not used; the configuration in force stays. */
  readonly onRefused: (problems: readonly ConfigProblem[]) => void;
  /** The system does not tell of changes (any more); `reload` still works. */
  readonly onWatchLost: (error: unknown) => void;
}

export interface ConfigWatch {
  /** Reads the file now, also when it is unchanged. For SIGHUP. */
  reload(): void;
  stop(): void;
}

export function watchConfig(options: ConfigWatchOptions): ConfigWatch {
  const { file, load, onChange, onRefused, onWatchLost } = options;
  const path = resolvePath(file);
  let current = options.current;
  let seen = readText(path);
  let timer: NodeJS.Timeout | undefined;
  let watcher: FSWatcher | undefined;

  function apply(text: string | Error): void {
    seen = text;
    if (text instanceof Error) {
      onRefused([{ path: '', message: `cannot be read: ${text.message}` }]);
      return;
    }
    // A file that is just being written is empty for a moment, and an empty file would be a valid one.
    if (text.trim() === '') {
      onRefused([{ path: '', message: 'is empty' }]);
      return;
    }
    const result = load(text);
    if (!result.ok) {
      onRefused(result.problems);
      return;
    }
    const { config, restart } = keepUntilRestart(current, result.config);
    current = config;
    onChange(config, restart);
  }

  function look(): void {
    const text = readText(path);
    if (String(text) !== String(seen)) apply(text);
  }

  try {
    // The folder, not the file: a file that was replaced by another is no longer watched.
    watcher = watch(dirname(path), { persistent: false }, () => {
      clearTimeout(timer);
      timer = setTimeout(look, DEBOUNCE_MS);
      timer.unref();
    });
    watcher.on('error', onWatchLost);
  } catch (error) {
    onWatchLost(error);
  }

  return {
    reload(): void {
      clearTimeout(timer);
      apply(readText(path));
    },
    stop(): void {
      clearTimeout(timer);
      watcher?.close();
    },
  };
}

function readText(path: string): string | Error {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

/** Limits that the server, its queues and its connections to engines are built with, each under its name in the file. */
const BUILT_IN_LIMITS = {
  headerBytesMax: 'headerMax',
  headerReadMsMax: 'headerReadMax',
  bodyBytesMax: 'bodyMax',
  bodyReadMsMax: 'bodyReadMax',
  idleMsMax: 'idleMax',
  queueTicketsMax: 'queueTicketsMax',
  queueBytesMax: 'queueMemoryMax',
  upstreamConnectMsMax: 'upstreamConnectMax',
} as const;

/** The new configuration, with the old values of what only a start can change. */
export function keepUntilRestart(old: Config, next: Config): { config: Config; restart: string[] } {
  const restart: string[] = [];
  let config = next;
  if (old.listen.host !== next.listen.host || old.listen.port !== next.listen.port) {
    restart.push('listen');
    // Whether `open` is allowed was decided for the new address, and the old one is what we listen on.
    if (old.auth !== next.auth) restart.push('auth');
    config = { ...config, listen: old.listen, auth: old.auth, authStated: old.authStated };
  }
  if (old.data !== next.data) {
    restart.push('data');
    config = { ...config, data: old.data };
  }
  const limits: { -readonly [name in keyof ServerLimits]: number } = { ...next.server };
  for (const field of Object.keys(BUILT_IN_LIMITS) as (keyof typeof BUILT_IN_LIMITS)[]) {
    if (old.server[field] !== next.server[field]) restart.push(`server.${BUILT_IN_LIMITS[field]}`);
    limits[field] = old.server[field];
  }
  return { config: { ...config, server: limits }, restart };
}
