import type { IncomingHttpHeaders } from 'node:http';
import {
  CODECS,
  invokeCodec,
  readRequest,
  type Codec,
  type PathFacts,
  type PostOperation,
  type Problem,
  type ReadRequest,
  type RequestFacts,
  type WireRequest,
} from '@offpeak/dialects';
import { BEDROCK_TIER_HEADER } from '../upstreams/providers/bedrock.ts';
import type { Target } from './mounts.ts';

/** A request as its mount read it: what routing needs, and the means to send it on. */
export interface Asked {
  readonly facts: RequestFacts;
  /** How many answers it asks for. */
  readonly choices: number;
  readonly operation: PostOperation;
  readonly path: PathFacts;
  readonly codec: Codec;
  /** On OpenAI's wire and Groq's: where in the body everything is. */
  readonly read: ReadRequest | null;
  /** Of every chat. */
  readonly wire: WireRequest | null;
}

/** How many answers its stream is to finish. What a list of prompts comes to is not known: there any finish has to do. */
export function choicesToFinish({ operation, choices }: Asked): number {
  return operation === 'chat' ? choices : 1;
}

export function readAsked(target: Target, headers: IncomingHttpHeaders, body: Buffer): Asked | Problem {
  const { mount, operation } = target;
  const path = pathFacts(target, headers);
  const codec = target.invoke === true ? invokeCodec(body) : CODECS[mount.dialect.name];
  if (operation === 'completions' || operation === 'embeddings') {
    const read = readRequest(operation, body);
    if (!read.ok) return read.problem;
    return { facts: read.facts, choices: choicesOf(read, body), operation, path, codec, read, wire: null };
  }
  const wire = codec.read(body, path);
  if (!wire.ok) return wire.problem;
  const { facts, read = null } = wire;
  const choices = read === null ? wire.choices : choicesOf(read, body);
  return { facts, choices, operation: 'chat', path, codec, read, wire };
}

const NOTHING_SAID: PathFacts = {};

function pathFacts({ model, stream, invoke, operation }: Target, headers: IncomingHttpHeaders): PathFacts {
  // Where the body says everything, which is so on most mounts.
  if (model === undefined && operation !== 'count-tokens') return NOTHING_SAID;
  const tierWord = invoke === true ? headers[BEDROCK_TIER_HEADER] : undefined;
  return {
    ...(model === undefined ? {} : { model }),
    ...(stream === undefined ? {} : { stream }),
    ...(typeof tierWord === 'string' ? { tierWord } : {}),
    ...(invoke === true ? { invoke } : {}),
    ...(operation === 'count-tokens' ? { operation } : {}),
  };
}

/** `best_of` makes as many, of which some are thrown away. */
function choicesOf({ scan }: ReadRequest, body: Buffer): number {
  let choices = 1;
  for (const member of [scan.members.n, scan.members.best_of]) {
    if (member !== undefined)
      choices = Math.max(choices, Number(body.toString('latin1', member.start, member.end)) || 1);
  }
  return scan.members.prompt?.kind === 'array' ? Math.max(choices, 2) : choices;
}
