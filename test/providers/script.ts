import { sampleOf } from './sample.ts';

/** What the imitations understand of a request, in whatever wire it came. */
export interface Asked {
  readonly lastUserText: string;
  /** What tools gave back in the last turn; a model that has results tells them. */
  readonly results: readonly { readonly name: string; readonly text: string }[];
  /** Images and documents of the last turn, each as the model would name it: `image/png 68 bytes`. */
  readonly attachments: readonly string[];
  readonly tools: readonly { readonly name: string; readonly schema: unknown }[];
  /** `any`: it must call some tool. */
  readonly choice: 'auto' | 'none' | 'any' | { readonly name: string };
  readonly parallel: boolean;
  /** The JSON schema that the answer's text has to match; `{}` where any object will do. */
  readonly format?: unknown;
  readonly reasons: boolean;
  readonly maxTokens?: number;
  readonly stops: readonly string[];
  /** Everything that the model reads, to be counted. */
  readonly prompt: string;
}

export interface Reply {
  /** Empty where the model does not think, or not in the open. */
  readonly reasoning: string;
  readonly text: string;
  readonly calls: readonly { readonly name: string; readonly input: unknown }[];
  readonly stop: 'end' | 'stop' | 'length' | 'calls' | 'refusal' | 'filtered';
  readonly stopSequence?: string;
}

/** Words with the space before them: what the imitations take for tokens. */
export function tokensOf(text: string): string[] {
  return text.match(/\s*\S+|\s+$/g) ?? [];
}

export function countTokens(text: string): number {
  return tokensOf(text).length;
}

/**
 * The same answer to the same request, always:
 * - `call a,b {"x":1}` calls the tools a and b, with that input or one that matches their schemas; so does a choice that forces a call;
 * - `refuse ...` is refused by the model, `filter ...` withheld by the provider;
 * - results of tools are told, a format is filled in, and everything else comes back as an echo.
 */
export function replyTo(asked: Asked): Reply {
  const reasoning = asked.reasons ? `thinking about: ${asked.lastUserText}` : '';
  const calls = callsOf(asked);
  if (calls.length > 0) return { reasoning, text: '', calls, stop: 'calls' };
  if (asked.lastUserText.startsWith('refuse'))
    return { reasoning, text: 'I cannot help with that.', calls, stop: 'refusal' };
  if (asked.lastUserText.startsWith('filter')) return { reasoning, text: 'echo:', calls, stop: 'filtered' };
  return { reasoning, calls, ...cut(textOf(asked), asked) };
}

function callsOf({ lastUserText, results, tools, choice, parallel }: Asked): Reply['calls'] {
  if (choice === 'none' || tools.length === 0) return [];
  const told = results.length > 0 ? null : /^call ([\w.,-]+)\s*(\{.*\})?$/s.exec(lastUserText.trim());
  const names = told === null ? forced(choice, tools) : told[1]!.split(',');
  const given = told?.[2] === undefined ? undefined : (JSON.parse(told[2]) as unknown);
  const known = names.flatMap((name) => tools.filter((tool) => tool.name === name));
  const calls = known.map(({ name, schema }) => ({ name, input: given ?? sampleOf(schema) }));
  return parallel ? calls : calls.slice(0, 1);
}

function forced(choice: Asked['choice'], tools: Asked['tools']): string[] {
  if (typeof choice === 'object') return [choice.name];
  return choice === 'any' ? [tools[0]!.name] : [];
}

function textOf({ lastUserText, results, attachments, format }: Asked): string {
  if (format !== undefined) return JSON.stringify(sampleOf(format));
  if (results.length > 0) return `results: ${results.map(({ name, text }) => `${name}=${text}`).join(', ')}`;
  return [`echo: ${lastUserText}`, ...attachments.map((attachment) => `[${attachment}]`)].join(' ');
}

function cut(text: string, { stops, maxTokens }: Asked): Pick<Reply, 'text' | 'stop' | 'stopSequence'> {
  const found = stops
    .map((stop) => ({ stop, at: text.indexOf(stop) }))
    .filter(({ at }) => at >= 0)
    .sort((a, b) => a.at - b.at)[0];
  const kept = found === undefined ? text : text.slice(0, found.at);
  const tokens = tokensOf(kept);
  if (maxTokens !== undefined && tokens.length > maxTokens)
    return { text: tokens.slice(0, maxTokens).join(''), stop: 'length' };
  return found === undefined ? { text, stop: 'end' } : { text: kept, stop: 'stop', stopSequence: found.stop };
}

const FILE_LENGTH_MIN = 64;

/** All texts in a part of a body, in order; files in base64 are none. */
export function textsIn(value: unknown): string {
  if (typeof value === 'string') return isFile(value) ? '' : value;
  if (value === null || typeof value !== 'object') return '';
  return Object.values(value)
    .map(textsIn)
    .filter((text) => text !== '')
    .join(' ');
}

function isFile(text: string): boolean {
  return text.startsWith('data:') || (text.length >= FILE_LENGTH_MIN && /^[\w+/=-]+$/.test(text));
}

const PIECE_LENGTH = 6;

/** JSON is streamed in pieces that are no JSON themselves. */
export function cutInPieces(text: string): string[] {
  return text.match(new RegExp(`.{1,${PIECE_LENGTH}}`, 'gsu')) ?? [];
}
