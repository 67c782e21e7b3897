import { InvalidArgumentError } from 'commander';
import { parseDuration } from '@offpeak/gateway';

/** Parsers of option values; commander names the option in front of their messages. */

export function port(text: string): number {
  return whole(text, 0, 65_535);
}

export function count(text: string): number {
  return whole(text, 1, Number.MAX_SAFE_INTEGER);
}

function whole(text: string, min: number, max: number): number {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= min && value <= max))
    throw new InvalidArgumentError(`A whole number from ${min} to ${max} is needed.`);
  return value;
}

export function positive(text: string): number {
  const value = Number(text);
  if (!(value > 0) || !Number.isFinite(value)) throw new InvalidArgumentError('A number above 0 is needed.');
  return value;
}

export function share(text: string): number {
  const value = /^(?:\d+\.?\d*|\.\d+)$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= 0 && value <= 1)) throw new InvalidArgumentError('A share from 0 to 1 is needed.');
  return value;
}

/** In ms. */
export function span(text: string): number {
  const ms = parseDuration(text);
  if (ms === null || ms === 0) throw new InvalidArgumentError('A duration such as 500ms, 30s, 10m or 2h is needed.');
  return ms;
}

export function httpUrl(text: string, earlier: readonly string[] = []): readonly string[] {
  const url = URL.parse(text);
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    throw new InvalidArgumentError('A URL such as http://127.0.0.1:8000 is needed.');
  }
  return [...earlier, text];
}
