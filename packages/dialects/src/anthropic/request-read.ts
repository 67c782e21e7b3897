import type { PathFacts, WireRead } from '../codec.ts';
import type { RequestFacts } from '../dialect.ts';
import { compileNames, type Names } from '../json/names.ts';
import { countOf, flagOf, mistyped, modelOf, refuseContradictions, Refused, required, wordOf } from '../json/routed.ts';
import { scanObject, type Member, type Scan } from '../json/scan.ts';
import { estimateTokens } from '../openai/estimate.ts';
import { forward } from './forward.ts';
import { ROUTED, type RoutedName } from './routed-names.ts';

const NAMES: Names<RoutedName> = compileNames(ROUTED);

/** Reads what routing needs and checks no more than that: the rest is the upstream's to judge. */
export function readAnthropicRequest(body: Buffer, path: PathFacts): WireRead {
  const scan = scanObject(body, NAMES);
  if (!scan.ok) {
    const detail = `${scan.detail} (line ${scan.line}, column ${scan.column})`;
    return { ok: false, problem: { kind: 'malformed-json', detail, offset: scan.offset } };
  }
  try {
    const facts = factsOf(body, scan, path);
    return { ok: true, facts, choices: 1, forward: (model, tierWord) => forward(body, scan, facts, model, tierWord) };
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    return { ok: false, problem: { kind: 'invalid-value', param: error.param, detail: error.message } };
  }
}

function factsOf(body: Buffer, scan: Scan<RoutedName>, path: PathFacts): RequestFacts {
  refuseContradictions(body, scan, ROUTED);
  const { members } = scan;
  const model = modelOf(body, members.model);
  const messages = required(body, 'messages', members.messages, ['array']);
  const counted = path.operation === 'count-tokens';
  return {
    model,
    stream: !counted && flagOf(body, 'stream', members.stream),
    tierWord: wordOf(body, 'service_tier', members.service_tier),
    maxTokens: counted ? undefined : maxTokensOf(body, members.max_tokens),
    // Usage is a part of every stream here.
    includeUsage: true,
    continuation: 'restart',
    inputTokens: estimateTokens(messages) + sizeOf(members.system) + sizeOf(members.tools),
  };
}

/** Anthropic requires it, thinking included. 0 is allowed: it fills the prompt's cache and answers nothing. */
function maxTokensOf(body: Buffer, member: Member | undefined): number {
  if (member === undefined) throw new Refused('max_tokens', 'it is missing; say how many tokens the answer may have');
  if (member.kind === 'null') throw mistyped(body, 'max_tokens', member, 'a whole number from 0 on');
  return countOf(body, 'max_tokens', member, 0)!;
}

function sizeOf(member: Member | undefined): number {
  return member === undefined ? 0 : estimateTokens(member);
}
