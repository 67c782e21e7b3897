import { z } from 'zod';
import type { Listen } from './config.ts';
import { DURATION_FORM, DURATION_PATTERN, formatDuration, parseDuration } from './duration.ts';
import { parseSize, SIZE_FORM, SIZE_PATTERN } from './size.ts';

/**
 * The kinds of single values. Each says in its error what is allowed. The published schema sees the file as it is written, so
 * wherever a value has a form, a string with a `${VAR}` in it is let through there; here it has been replaced already.
 */
const WITH_VARIABLE = '.*\\$\\{.+\\}.*';

function written(pattern: string, error?: string): z.ZodString {
  return z.string({ error }).meta({ pattern: `^(${pattern}|${WITH_VARIABLE})$` });
}

function parsed<T>(input: z.ZodType<unknown>, form: string, parse: (text: string) => T | null): z.ZodType<T> {
  return input.transform((value, context) => {
    const result = parse(String(value));
    if (result !== null) return result;
    context.addIssue({ code: 'custom', message: `must be ${form}` });
    return z.NEVER;
  }) as z.ZodType<T>;
}

/** What Node's timers can hold, in whole days. */
const TIMER_MS_MAX = 24 * 86_400_000;

export function duration(maxMs: number = TIMER_MS_MAX): z.ZodType<number> {
  const form = `a duration of at most ${formatDuration(maxMs)}: ${DURATION_FORM}`;
  const input = z.union([written(DURATION_PATTERN), z.literal(0)], { error: `must be ${form}` });
  return parsed(input, form, (text) => {
    const ms = parseDuration(text);
    return ms !== null && ms <= maxMs ? ms : null;
  });
}

/** A duration that may not be 0. */
export function positiveDuration(maxMs: number = TIMER_MS_MAX): z.ZodType<number> {
  const form = `a duration above 0 and at most ${formatDuration(maxMs)}: 500ms, 30s, 10m, 2h or 1d`;
  const input = written(DURATION_PATTERN, `must be ${form}`);
  return parsed(input, form, (text) => {
    const ms = parseDuration(text);
    return ms !== null && ms > 0 && ms <= maxMs ? ms : null;
  });
}

export function size(): z.ZodType<number> {
  const form = `a size: ${SIZE_FORM}`;
  const input = written(SIZE_PATTERN, `must be ${form}`);
  return parsed(input, form, (text) => parseSize(text) || null);
}

/** A whole number from `min` on; digits in a string count too, since `${VAR}` always gives a string. */
export function count(min: number, max: number = Number.MAX_SAFE_INTEGER): z.ZodType<number> {
  const form =
    max === Number.MAX_SAFE_INTEGER ? `a whole number, at least ${min}` : `a whole number from ${min} to ${max}`;
  const error = `must be ${form}`;
  const input = z.union([z.int().min(min, { error }).max(max, { error }), written('\\d+')], { error });
  return parsed(input, form, (text) => {
    const value = /^\d{1,16}$/.test(text) ? Number(text) : NaN;
    return value >= min && value <= max ? value : null;
  });
}

/** A number, with or without a fraction, from 0 to `max`. */
export function amount(max: number): z.ZodType<number> {
  const form = `a number from 0 to ${max}`;
  const error = `must be ${form}`;
  const number = z.number().min(0, { error }).max(max, { error });
  const input = z.union([number, written('\\d+(\\.\\d+)?')], { error });
  return parsed(input, form, (text) => {
    const value = text.trim() === '' ? NaN : Number(text);
    return value >= 0 && value <= max ? value : null;
  });
}

/** A number above 0, up to `max`. */
export function positiveAmount(max: number): z.ZodType<number> {
  const form = `a number above 0 and at most ${max}`;
  const error = `must be ${form}`;
  const input = z.union([z.number().gt(0, { error }).max(max, { error }), written('\\d+(\\.\\d+)?')], { error });
  return parsed(input, form, (text) => {
    const value = text.trim() === '' ? NaN : Number(text);
    return value > 0 && value <= max ? value : null;
  });
}

/** Names of ours travel in headers and metrics, so they are plain ASCII without spaces. */
export function name(): z.ZodType<string> {
  const form = 'a name: letters, digits and . _ - / : , at most 128, beginning with a letter or digit';
  const pattern = '[A-Za-z0-9][A-Za-z0-9._/:-]{0,127}';
  const input = written(pattern, `must be ${form}`);
  const regex = new RegExp(`^${pattern}$`);
  return parsed(input, form, (text) => (regex.test(text) ? text : null));
}

export function modelName(): z.ZodType<string> {
  const form = "a model's name: 1 to 256 characters without spaces around it";
  return parsed(z.string({ error: `must be ${form}` }), form, (text) => {
    const plain = text.length >= 1 && text.length <= 256 && text === text.trim() && !/\p{Cc}/u.test(text);
    return plain ? text : null;
  });
}

/** Never shown in an error; see `isSecretPath`. */
export function secret(): z.ZodType<string> {
  const form = 'a text without line breaks or spaces around it, and not empty';
  return parsed(z.string({ error: `must be ${form}` }), form, (text) => {
    return text !== '' && text === text.trim() && !/\p{Cc}/u.test(text) ? text : null;
  });
}

export function awsRegion(): z.ZodType<string> {
  const form = 'an AWS region, such as eu-west-1';
  const pattern = '[a-z]{2,8}(-[a-z]+)+-\\d{1,2}';
  const regex = new RegExp(`^${pattern}$`);
  return parsed(written(pattern, `must be ${form}`), form, (text) => (regex.test(text) ? text : null));
}

export function baseUrl(): z.ZodType<string> {
  const form = 'an http:// or https:// URL without user, query or fragment';
  return parsed(z.string({ error: `must be ${form}` }), form, parseBaseUrl);
}

/** Without a slash at the end, and without the version that people copy from their clients' settings. */
export function parseBaseUrl(text: string): string | null {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) return null;
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') return null;
  return url.origin + url.pathname.replace(/\/+$/, '').replace(/\/v1(beta)?$/, '');
}

export function listenAddress(): z.ZodType<Listen> {
  const form = 'host:port, such as 127.0.0.1:8787, 0.0.0.0:8787 or [::1]:8787';
  return parsed(z.string({ error: `must be ${form}` }), form, parseListen);
}

function parseListen(text: string): Listen | null {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^\s:[\]/]+)):(\d{1,5})$/.exec(text);
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  return host !== undefined && port <= 65_535 ? { host, port } : null;
}

/** Names that only the connection itself may set. */
const RESERVED_HEADERS = new Set(['host', 'connection', 'content-length', 'content-type', 'transfer-encoding', 'te']);

export function headers(): z.ZodType<Record<string, string>> {
  return z.record(z.string(), z.string({ error: 'must be text' })).transform((given, context) => {
    const result: Record<string, string> = {};
    for (const [key, value] of Object.entries(given)) {
      const lower = key.toLowerCase();
      const fault = !/^[!#$%&'*+.^_`|~0-9a-z-]+$/.test(lower)
        ? 'is not the name of an HTTP header'
        : RESERVED_HEADERS.has(lower)
          ? `is set by Offpeak itself; not allowed here are ${[...RESERVED_HEADERS].join(', ')}`
          : /[^\t\x20-\x7e]/.test(value)
            ? 'must have a value of printable ASCII'
            : undefined;
      if (fault !== undefined) context.addIssue({ code: 'custom', path: [key], message: fault });
      result[lower] = value;
    }
    return result;
  });
}
