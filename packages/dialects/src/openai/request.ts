import type { Operation, RequestFacts } from '../dialect.ts';
import { compileNames, type Names } from '../json/names.ts';
import { isEmpty, rawText, readBoolean, readNumber, readString } from '../json/read.ts';
import { scanObject, type JsonKind, type Member, type Scan } from '../json/scan.ts';
import type { Problem } from '../problem.ts';
import { chatContinuation, completionContinuation, CONTINUATION_NAMES } from './continuation.ts';
import { estimateTokens } from './estimate.ts';

/** Longer than any model's name or path; it is a label in metrics and a column in the ledger. */
export const modelBytesMax = 256;

/** What a client's wrong value is quoted up to in an answer. */
const quoteCharsMax = 64;

const ROUTED = [
  'model',
  'stream',
  'service_tier',
  'max_tokens',
  'max_completion_tokens',
  'stream_options',
  'n',
  // Engines with priority scheduling read it: it is the gateway's to set, and a client's own has to go.
  'priority',
  'messages',
  'prompt',
  'input',
] as const;

/** The members that are looked for in a request; edits may name them. */
export type RequestName = (typeof ROUTED)[number] | (typeof CONTINUATION_NAMES)[number];
export type RequestScan = Scan<RequestName>;

const REQUEST_NAMES: Names<RequestName> = compileNames([...new Set<RequestName>([...ROUTED, ...CONTINUATION_NAMES])]);
const STREAM_OPTIONS_NAMES: Names<'include_usage'> = compileNames(['include_usage']);

/** The operations that carry a body. */
export type PostOperation = Extract<Operation, 'chat' | 'completions' | 'embeddings'>;

/** A request that can be routed: what it says, and where in its body. */
export interface ReadRequest {
  readonly ok: true;
  readonly facts: RequestFacts;
  readonly scan: RequestScan;
}

export type RequestRead = ReadRequest | { readonly ok: false; readonly problem: Problem };

/** A value that routing needs is not what it must be. */
class Refused extends Error {
  readonly param: string;

  constructor(param: string, detail: string) {
    super(detail);
    this.param = param;
  }
}

/** Reads what the gateway needs of a request, and checks no more than that: the rest is the engine's to judge. */
export function readRequest(operation: PostOperation, body: Buffer): RequestRead {
  const scan = scanObject(body, REQUEST_NAMES);
  if (!scan.ok) {
    const detail = `${scan.detail} (line ${scan.line}, column ${scan.column})`;
    return { ok: false, problem: { kind: 'malformed-json', detail, offset: scan.offset } };
  }
  try {
    return { ok: true, facts: factsOf(operation, body, scan), scan };
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    return { ok: false, problem: { kind: 'invalid-value', param: error.param, detail: error.message } };
  }
}

function factsOf(operation: PostOperation, body: Buffer, scan: RequestScan): RequestFacts {
  refuseContradictions(body, scan);
  const { members } = scan;
  const model = modelOf(body, members.model);
  const prompt = promptOf(operation, body, scan);
  const tools = operation === 'chat' ? members.tools : undefined;
  return {
    model,
    stream: operation !== 'embeddings' && flagOf(body, 'stream', members.stream),
    tierWord: tierWordOf(body, members.service_tier),
    maxTokens: operation === 'embeddings' ? undefined : maxTokensOf(body, scan),
    includeUsage: includeUsageOf(body, members.stream_options),
    continuation: continuationOf(operation, body, scan),
    inputTokens: estimateTokens(prompt) + (tools === undefined ? 0 : estimateTokens(tools)),
  };
}

function continuationOf(operation: PostOperation, body: Buffer, scan: RequestScan): RequestFacts['continuation'] {
  switch (operation) {
    case 'chat':
      return chatContinuation(body, scan.members);
    case 'completions':
      return completionContinuation(body, scan.members);
    case 'embeddings':
      return 'restart';
  }
}

/**
 * Parsers differ in which of two equal names they keep. A member that decides on model, tier or size must not mean one thing
 * here and another in the engine.
 */
function refuseContradictions(body: Buffer, scan: RequestScan): void {
  for (const name of scan.duplicates) {
    if (!(ROUTED as readonly string[]).includes(name)) continue;
    const last = scan.members[name]!;
    for (let twin = last.earlier; twin !== undefined; twin = twin.earlier) {
      if (sameValue(body, last, twin)) continue;
      throw new Refused(name, `it is given more than once, with different values; give it once`);
    }
  }
}

function sameValue(body: Buffer, a: Member, b: Member): boolean {
  if (body.compare(body, a.start, a.end, b.start, b.end) === 0) return true;
  return a.kind === 'string' && b.kind === 'string' && readString(body, a) === readString(body, b);
}

function modelOf(body: Buffer, member: Member | undefined): string {
  if (member === undefined) throw new Refused('model', 'it is missing; name the model that should answer');
  if (member.kind !== 'string') throw mistyped(body, 'model', member, 'a string');
  if (member.end - member.start - 2 > modelBytesMax) {
    throw new Refused('model', `a model's name has at most ${modelBytesMax} bytes`);
  }
  const model = stringOf(body, 'model', member);
  if (model === '') throw new Refused('model', 'it is empty; name the model that should answer');
  return model;
}

function tierWordOf(body: Buffer, member: Member | undefined): string | null | undefined {
  if (member === undefined) return undefined;
  if (member.kind === 'null') return null;
  if (member.kind !== 'string') throw mistyped(body, 'service_tier', member, 'a string or null');
  return stringOf(body, 'service_tier', member);
}

function promptOf(operation: PostOperation, body: Buffer, scan: RequestScan): Member {
  switch (operation) {
    case 'chat':
      return required(body, 'messages', scan.members.messages, ['array']);
    case 'completions':
      return required(body, 'prompt', scan.members.prompt, ['string', 'array']);
    case 'embeddings':
      return required(body, 'input', scan.members.input, ['string', 'array']);
  }
}

function required(body: Buffer, param: string, member: Member | undefined, kinds: readonly JsonKind[]): Member {
  const allowed = kinds.map((kind) => (kind === 'array' ? 'an array that is not empty' : `a ${kind}`)).join(' or ');
  if (member === undefined) throw new Refused(param, `it is missing; ${allowed} is required`);
  if (!kinds.includes(member.kind)) throw mistyped(body, param, member, allowed);
  if (member.kind === 'array' && isEmpty(body, member))
    throw new Refused(param, `it is an empty array; ${allowed} is required`);
  return member;
}

function flagOf(body: Buffer, param: string, member: Member | undefined): boolean {
  if (member === undefined || member.kind === 'null') return false;
  if (member.kind !== 'boolean') throw mistyped(body, param, member, 'true, false or null');
  return readBoolean(body, member);
}

/**
 * The bound on the whole answer: of all its choices together, because all of them take room. Engines let the newer name win.
 * Legacy completions may ask for 0 tokens, to have only their prompt scored.
 */
function maxTokensOf(body: Buffer, scan: RequestScan): number | undefined {
  const legacy = countOf(body, 'max_tokens', scan.members.max_tokens, 0);
  const current = countOf(body, 'max_completion_tokens', scan.members.max_completion_tokens, 0);
  const choices = countOf(body, 'n', scan.members.n, 1) ?? 1;
  const bound = current ?? legacy;
  return bound === undefined ? undefined : bound * choices;
}

function countOf(body: Buffer, param: string, member: Member | undefined, min: number): number | undefined {
  if (member === undefined || member.kind === 'null') return undefined;
  const value = member.kind === 'number' ? readNumber(body, member) : Number.NaN;
  if (!Number.isSafeInteger(value) || value < min) {
    throw mistyped(body, param, member, `a whole number from ${min} on, or null`);
  }
  return value;
}

function includeUsageOf(body: Buffer, member: Member | undefined): boolean {
  if (member === undefined || member.kind === 'null') return false;
  if (member.kind !== 'object') throw mistyped(body, 'stream_options', member, 'an object or null');
  const options = body.subarray(member.start, member.end);
  const scan = scanObject(options, STREAM_OPTIONS_NAMES);
  if (!scan.ok) throw new Refused('stream_options', scan.detail);
  return flagOf(options, 'stream_options.include_usage', scan.members.include_usage);
}

function stringOf(body: Buffer, param: string, member: Member): string {
  const value = readString(body, member);
  if (value === undefined) throw new Refused(param, 'it is a string with an invalid escape or a control character');
  return value;
}

function mistyped(body: Buffer, param: string, member: Member, allowed: string): Refused {
  return new Refused(param, `${received(body, member)} is not allowed here; it must be ${allowed}`);
}

/** Containers are named, scalars quoted. */
function received(body: Buffer, member: Member): string {
  if (member.kind === 'object' || member.kind === 'array') return `an ${member.kind}`;
  const text = rawText(body, member);
  return text.length > quoteCharsMax ? `a ${member.kind} of ${text.length} characters` : text;
}
