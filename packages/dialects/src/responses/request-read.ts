import type { StoredWish, WireRead } from '../codec.ts';
import type { RequestFacts } from '../dialect.ts';
import { splice, type Edits } from '../json/edit.ts';
import { parseExact } from '../json/exact.ts';
import { compileNames, type Names } from '../json/names.ts';
import { readBoolean } from '../json/read.ts';
import { countOf, flagOf, modelOf, refuseContradictions, Refused, required, wordOf } from '../json/routed.ts';
import { scanObject, type Member, type Scan } from '../json/scan.ts';
import { isObject } from '../openai/accumulate.ts';
import { estimateTokens } from '../openai/estimate.ts';
import { isOwnItemId, OWN_MARK } from './item-ids.ts';
import { CARRIED_PREFIX, isCarried } from './reasoning-state.ts';

const ROUTED = [
  'model',
  'stream',
  'service_tier',
  'max_output_tokens',
  'input',
  'instructions',
  'tools',
  'previous_response_id',
  'store',
  'background',
  'prompt',
  'conversation',
] as const;

type RoutedName = (typeof ROUTED)[number];

const NAMES: Names<RoutedName> = compileNames(ROUTED);

const carriedBytes: Buffer = Buffer.from(`"${CARRIED_PREFIX}`);
const ownBytes: Buffer = Buffer.from(OWN_MARK);

/** Reads what routing needs and checks no more than that: the rest is the upstream's to judge. */
export function readResponsesRequest(body: Buffer): WireRead {
  const scan = scanObject(body, NAMES);
  if (!scan.ok) {
    const detail = `${scan.detail} (line ${scan.line}, column ${scan.column})`;
    return { ok: false, problem: { kind: 'malformed-json', detail, offset: scan.offset } };
  }
  try {
    const facts = factsOf(body, scan);
    const stored = storedOf(body, scan);
    return { ok: true, facts, choices: 1, stored, forward: (model, word) => forward(body, scan, facts, model, word) };
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    return { ok: false, problem: { kind: 'invalid-value', param: error.param, detail: error.message } };
  }
}

function factsOf(body: Buffer, scan: Scan<RoutedName>): RequestFacts {
  refuseContradictions(body, scan, ROUTED);
  const { members } = scan;
  return {
    model: modelOf(body, members.model),
    stream: flagOf(body, 'stream', members.stream),
    tierWord: wordOf(body, 'service_tier', members.service_tier),
    maxTokens: countOf(body, 'max_output_tokens', members.max_output_tokens, 1),
    // Usage is a part of every stream here.
    includeUsage: true,
    continuation: 'restart',
    inputTokens: inputTokensOf(body, scan),
  };
}

function inputTokensOf(body: Buffer, { members }: Scan<RoutedName>): number {
  const { input, prompt, conversation, previous_response_id: previous } = members;
  // With one of these the words to answer may all lie with the provider.
  const elsewhere = [prompt, conversation, previous].some(isSaid);
  if (isSaid(input) || !elsewhere) required(body, 'input', input, ['string', 'array']);
  return [input, members.instructions, members.tools].reduce(
    (tokens, member) => tokens + (isSaid(member) ? estimateTokens(member) : 0),
    0,
  );
}

function isSaid(member: Member | undefined): member is Member {
  return member !== undefined && member.kind !== 'null';
}

function storedOf(body: Buffer, { members }: Scan<RoutedName>): StoredWish {
  if (flagOf(body, 'background', members.background)) {
    throw new Refused(
      'background',
      'answers in the background are not served here; leave it out, and ask for flex where the answer can wait',
    );
  }
  flagOf(body, 'store', members.store);
  const previous = wordOf(body, 'previous_response_id', members.previous_response_id);
  return {
    store: members.store?.kind !== 'boolean' || readBoolean(body, members.store),
    ...(typeof previous === 'string' ? { previousResponse: previous } : {}),
  };
}

/** Same bytes where nothing has to change, so that the usual request is not copied. */
function forward(
  body: Buffer,
  scan: Scan<RoutedName>,
  facts: RequestFacts,
  model: string,
  tierWord: string | null,
): Buffer {
  const { members } = scan;
  const edits: { -readonly [name in RoutedName]?: Edits<RoutedName>[name] } = {};
  if (model !== facts.model) edits.model = JSON.stringify(model);
  if (tierWord !== null && tierWord !== facts.tierWord) edits.service_tier = JSON.stringify(tierWord);
  if (tierWord === null && members.service_tier !== undefined) edits.service_tier = null;
  if (members.input?.kind === 'array' && (body.includes(ownBytes) || body.includes(carriedBytes))) {
    const input = withoutOwn(body, members.input);
    if (input !== null) edits.input = input;
  }
  return Object.keys(edits).length === 0 ? body : Buffer.concat(splice(body, scan, edits));
}

/** Only after a conversation with another model than OpenAI's: what was made here is no item that OpenAI could look up, or decrypt. */
function withoutOwn(body: Buffer, member: Member): string | null {
  let input: unknown;
  try {
    input = parseExact(body.toString('utf8', member.start, member.end));
  } catch {
    // What the scan stepped over, the provider will refuse.
    return null;
  }
  if (!Array.isArray(input)) return null;
  let changed = false;
  const kept = input.flatMap((item: unknown) => {
    const said = forOpenai(item);
    changed ||= said !== item;
    return said === null ? [] : [said];
  });
  return changed ? JSON.stringify(kept) : null;
}

/** Null: nothing of the item means anything there. */
function forOpenai(item: unknown): unknown {
  if (!isObject(item)) return item;
  const { id, ...rest } = item;
  const { type, encrypted_content: encrypted } = rest;
  if (isCarried(encrypted)) return null;
  if (!isOwnItemId(id)) return item;
  const isThought = type === 'reasoning';
  return isThought && (encrypted === undefined || encrypted === null) ? null : rest;
}
