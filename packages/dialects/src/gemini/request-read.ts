import type { PathFacts, WireRead } from '../codec.ts';
import type { RequestFacts } from '../dialect.ts';
import { compileNames, type Names } from '../json/names.ts';
import { countOf, mistyped, modelBytesMax, Refused, refuseContradictions, required, wordOf } from '../json/routed.ts';
import { scanObject, type Member, type Scan, type ScanFault } from '../json/scan.ts';
import { estimateTokens } from '../openai/estimate.ts';
import { forward } from './forward.ts';
import { ROUTED, type RoutedName, type RoutedRequest } from './routed-names.ts';
import { geminiTierWord } from './tiers.ts';

const CONFIG = ['maxOutputTokens', 'max_output_tokens', 'candidateCount', 'candidate_count'] as const;

type ConfigName = (typeof CONFIG)[number];

const ROUTED_NAMES: Names<RoutedName> = compileNames(ROUTED);
const CONFIG_NAMES: Names<ConfigName> = compileNames(CONFIG);

/** Model and stream are said by the path; the body may name the model again, and does when tokens are counted. */
export function readGeminiRequest(body: Buffer, path: PathFacts): WireRead {
  const scan = scanObject(body, ROUTED_NAMES);
  if (!scan.ok) return malformed(scan);
  try {
    const outer: RoutedRequest = { body, scan, inside: undefined };
    const request = path.operation === 'count-tokens' ? innerOf(outer) : outer;
    refuseContradictions(request.body, request.scan, ROUTED);
    const config = configOf(request);
    return {
      ok: true,
      facts: factsOf(request, config, path),
      choices: config.choices,
      forward: (model, tierWord) => forward(request, model, tierWord),
    };
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    return { ok: false, problem: { kind: 'invalid-value', param: error.param, detail: error.message } };
  }
}

function malformed(fault: ScanFault): WireRead {
  const detail = `${fault.detail} (line ${fault.line}, column ${fault.column})`;
  return { ok: false, problem: { kind: 'malformed-json', detail, offset: fault.offset } };
}

function innerOf(outer: RoutedRequest): RoutedRequest {
  refuseContradictions(outer.body, outer.scan, ROUTED);
  const name: RoutedName =
    outer.scan.members.generate_content_request === undefined ? 'generateContentRequest' : 'generate_content_request';
  const member = either(outer, 'generateContentRequest', 'generate_content_request');
  if (member === undefined) return outer;
  if (outer.scan.members.contents !== undefined) {
    throw new Refused(name, "it stands beside 'contents'; a count is of one or the other");
  }
  if (member.kind !== 'object') throw mistyped(outer.body, name, member, 'an object');
  const body = outer.body.subarray(member.start, member.end);
  return { body, scan: nested(body, ROUTED_NAMES, name), inside: { name, outer } };
}

/** Its brackets match, as the outer scan went over them. */
function nested<N extends string>(body: Buffer, names: Names<N>, param: string): Scan<N> {
  const scan = scanObject(body, names);
  if (!scan.ok) throw new Refused(param, scan.detail);
  return scan;
}

/** The wire's own parser takes either name, and not both. Null is as good as nothing. */
function either<N extends string>(of: { readonly scan: Scan<N> }, camel: N, snake: N): Member | undefined {
  const { members } = of.scan;
  if (members[camel] !== undefined && members[snake] !== undefined) {
    throw new Refused(camel, `it is given twice, the other time as '${snake}'; give it once`);
  }
  const member = members[camel] ?? members[snake];
  return member?.kind === 'null' ? undefined : member;
}

interface Config {
  readonly maxTokens: number | undefined;
  readonly choices: number;
}

function configOf(request: RoutedRequest): Config {
  const member = either(request, 'generationConfig', 'generation_config');
  if (member === undefined) return { maxTokens: undefined, choices: 1 };
  if (member.kind !== 'object') throw mistyped(request.body, 'generationConfig', member, 'an object');
  const body = request.body.subarray(member.start, member.end);
  const config = { scan: nested(body, CONFIG_NAMES, 'generationConfig') };
  refuseContradictions(body, config.scan, CONFIG);
  const bound = either(config, 'maxOutputTokens', 'max_output_tokens');
  const count = either(config, 'candidateCount', 'candidate_count');
  return {
    maxTokens: countOf(body, 'generationConfig.maxOutputTokens', bound, 1),
    choices: countOf(body, 'generationConfig.candidateCount', count, 1) ?? 1,
  };
}

function factsOf(request: RoutedRequest, config: Config, path: PathFacts): RequestFacts {
  const { body, scan } = request;
  const contents = scan.members.contents;
  // Where a list is due, the wire takes a lone object for a list of one, and its own documentation writes it so.
  if (contents?.kind !== 'object') required(body, 'contents', contents, ['array']);
  const prompt = [contents, either(request, 'systemInstruction', 'system_instruction'), scan.members.tools];
  return {
    model: modelOf(path.model),
    stream: path.stream ?? false,
    tierWord: tierWordOf(request),
    maxTokens: config.maxTokens === undefined ? undefined : config.maxTokens * config.choices,
    includeUsage: true,
    continuation: 'restart',
    inputTokens: prompt.reduce((sum, member) => sum + (member === undefined ? 0 : estimateTokens(member)), 0),
  };
}

function modelOf(model: string | undefined): string {
  if (model === undefined || model === '') {
    throw new Refused('model', 'it is missing; the path names the model that should answer');
  }
  if (Buffer.byteLength(model) > modelBytesMax) {
    throw new Refused('model', `a model's name has at most ${modelBytesMax} bytes`);
  }
  return model;
}

function tierWordOf(request: RoutedRequest): string | null | undefined {
  const member = either(request, 'serviceTier', 'service_tier');
  const word = wordOf(request.body, 'serviceTier', member);
  return typeof word === 'string' ? geminiTierWord(word) : word;
}
