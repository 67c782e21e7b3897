import type { Operation, RequestFacts } from '../dialect.ts';
import { compileNames, type Names } from '../json/names.ts';
import { countOf, flagOf, mistyped, modelOf, refuseContradictions, Refused, required, wordOf } from '../json/routed.ts';
import { scanObject, type Member, type Scan } from '../json/scan.ts';
import type { Problem } from '../problem.ts';
import { chatContinuation, completionContinuation, CONTINUATION_NAMES } from './continuation.ts';
import { estimateTokens } from './estimate.ts';

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

export { modelBytesMax } from '../json/routed.ts';

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
  refuseContradictions(body, scan, ROUTED);
  const { members } = scan;
  const model = modelOf(body, members.model);
  const prompt = promptOf(operation, body, scan);
  const tools = operation === 'chat' ? members.tools : undefined;
  return {
    model,
    stream: operation !== 'embeddings' && flagOf(body, 'stream', members.stream),
    tierWord: wordOf(body, 'service_tier', members.service_tier),
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

function includeUsageOf(body: Buffer, member: Member | undefined): boolean {
  if (member === undefined || member.kind === 'null') return false;
  if (member.kind !== 'object') throw mistyped(body, 'stream_options', member, 'an object or null');
  const options = body.subarray(member.start, member.end);
  const scan = scanObject(options, STREAM_OPTIONS_NAMES);
  if (!scan.ok) throw new Refused('stream_options', scan.detail);
  return flagOf(options, 'stream_options.include_usage', scan.members.include_usage);
}
