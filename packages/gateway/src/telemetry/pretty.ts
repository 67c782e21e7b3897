const COLOURS: Readonly<Record<string, string>> = { debug: '\x1b[90m', warn: '\x1b[33m', error: '\x1b[31m' };
const DIM = '\x1b[2m';
const RESET = '\x1b[0m';

/** One log line of JSON as one line for a person: time, level where it is not the usual one, message, then the fields. */
export function prettyLine(json: string): string {
  let record: Record<string, unknown>;
  try {
    record = JSON.parse(json) as Record<string, unknown>;
  } catch {
    return json;
  }
  const { time, level, msg, err, ...fields } = record;
  const name = String(level);
  const clock = String(time).slice(11, 19);
  const label = name === 'info' ? '' : `${COLOURS[name] ?? ''}${name}${RESET} `;
  const rest = Object.entries(fields).map(([key, value]) => `${key}=${plain(value)}`);
  const tail = rest.length > 0 ? ` ${DIM}${rest.join(' ')}${RESET}` : '';
  return `${DIM}${clock}${RESET} ${label}${plain(msg ?? '')}${tail}${errorText(err)}\n`;
}

function plain(value: unknown): string {
  // A line break or an escape sequence that came from outside must not draw on the terminal.
  if (typeof value === 'string')
    return value.replace(/\p{Cc}/gu, (char) => `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`);
  return JSON.stringify(value);
}

function errorText(err: unknown): string {
  if (typeof err !== 'object' || err === null) return '';
  const { stack, message } = err as { stack?: unknown; message?: unknown };
  return `\n  ${String(stack ?? message ?? '').replaceAll('\n', '\n  ')}`;
}
