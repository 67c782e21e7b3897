import type { PathFacts, WireRead } from '../codec.ts';
import type { RequestFacts } from '../dialect.ts';
import { splice, type Edits } from '../json/edit.ts';
import { compileNames, type Names } from '../json/names.ts';
import { countOf, required, wordOf } from '../json/routed.ts';
import type { Member, Scan } from '../json/scan.ts';
import { countedTokens } from './count-tokens.ts';
import { ownMessages } from './own-messages.ts';
import { nested, pathModel, readScanned, tokensOf } from './read-scanned.ts';

type RoutedName = 'messages' | 'system' | 'toolConfig' | 'inferenceConfig' | 'serviceTier';

const NAMES: Names<RoutedName> = compileNames(['messages', 'system', 'toolConfig', 'inferenceConfig', 'serviceTier']);
const INPUT: Names<'input'> = compileNames(['input']);
const CONFIG: Names<'maxTokens'> = compileNames(['maxTokens']);
const TIER: Names<'type'> = compileNames(['type']);

/** Reads what routing needs and checks no more than that: the rest is the upstream's to judge. Model and stream are said by the path. */
export function readConverse(body: Buffer, path: PathFacts): WireRead {
  if (path.operation === 'count-tokens') return readCount(body, path);
  return readScanned(body, NAMES, (scan) => {
    const facts = factsOf(body, scan, path);
    return { ok: true, facts, choices: 1, forward: (_model, word) => forward(body, scan, facts, word) };
  });
}

function readCount(body: Buffer, path: PathFacts): WireRead {
  return readScanned(body, INPUT, (scan) => ({
    ok: true,
    facts: {
      model: pathModel(path),
      stream: false,
      tierWord: undefined,
      maxTokens: undefined,
      includeUsage: true,
      continuation: 'restart',
      inputTokens: countedTokens(body, scan.members.input),
    },
    choices: 1,
    forward: () => body,
  }));
}

function factsOf(body: Buffer, scan: Scan<RoutedName>, path: PathFacts): RequestFacts {
  const { members } = scan;
  const messages = required(body, 'messages', members.messages, ['array']);
  const config = nested(body, 'inferenceConfig', members.inferenceConfig, CONFIG);
  const bound = config?.scan.members.maxTokens;
  return {
    model: pathModel(path),
    stream: path.stream ?? false,
    tierWord: tierWordOf(body, members.serviceTier),
    maxTokens: config === undefined ? undefined : countOf(config.body, 'inferenceConfig.maxTokens', bound, 1),
    // Usage is a part of every stream here.
    includeUsage: true,
    continuation: 'restart',
    inputTokens: tokensOf([messages, members.system, members.toolConfig]),
  };
}

function tierWordOf(body: Buffer, member: Member | undefined): string | null | undefined {
  if (member?.kind === 'null') return null;
  const tier = nested(body, 'serviceTier', member, TIER);
  return tier === undefined ? undefined : wordOf(tier.body, 'serviceTier.type', tier.scan.members.type);
}

/** Same bytes where nothing has to change, so that the usual request is not copied. The model is in the path. */
function forward(body: Buffer, scan: Scan<RoutedName>, facts: RequestFacts, tierWord: string | null): Buffer {
  const messages = ownMessages(body, scan.members.messages);
  const edits: Edits<RoutedName> = {
    ...tierEdit(scan, facts, tierWord),
    ...(messages === null ? {} : { messages }),
  };
  return Object.keys(edits).length === 0 ? body : Buffer.concat(splice(body, scan, edits));
}

function tierEdit(scan: Scan<RoutedName>, facts: RequestFacts, tierWord: string | null): Edits<RoutedName> {
  if (tierWord !== null) return tierWord === facts.tierWord ? {} : { serviceTier: JSON.stringify({ type: tierWord }) };
  return scan.members.serviceTier === undefined ? {} : { serviceTier: null };
}
