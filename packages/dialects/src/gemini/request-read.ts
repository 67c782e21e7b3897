import type { PathFacts, WireRead } from '../codec.ts';
import type { RequestFacts } from '../dialect.ts';
import { splice, type Edits, type Replacement } from '../json/edit.ts';
import { compileNames, type Names } from '../json/names.ts';
import { rawText } from '../json/read.ts';
import { countOf, mistyped, modelBytesMax, Refused, refuseContradictions, required, wordOf } from '../json/routed.ts';
import { scanObject, type Member, type Scan, type ScanFault } from '../json/scan.ts';
import { estimateTokens } from '../openai/estimate.ts';
import { geminiTierWord } from './tiers.ts';

/** Every member has two names: the SDKs write camel case, the reference and hand-written requests often the proto's own. */
const ROUTED = [
  'contents',
  'systemInstruction',
  'system_instruction',
  'tools',
  'generationConfig',
  'generation_config',
  'serviceTier',
  'service_tier',
  'model',
  'generateContentRequest',
  'generate_content_request',
] as const;

const CONFIG = ['maxOutputTokens', 'max_output_tokens', 'candidateCount', 'candidate_count'] as const;

type RoutedName = (typeof ROUTED)[number];
type ConfigName = (typeof CONFIG)[number];

const ROUTED_NAMES: Names<RoutedName> = compileNames(ROUTED);
const CONFIG_NAMES: Names<ConfigName> = compileNames(CONFIG);

/** The part of a body that is a request to generate: all of it, or, where tokens are counted, a member of it. */
interface Request {
  readonly body: Buffer;
  readonly scan: Scan<RoutedName>;
  /** The member of the outer body that it is the value of. */
  readonly inside: { readonly name: RoutedName; readonly outer: Request } | undefined;
}

/** Model and stream are said by the path; the body may name the model again, and does when tokens are counted. */
export function readGeminiRequest(body: Buffer, path: PathFacts): WireRead {
  const scan = scanObject(body, ROUTED_NAMES);
  if (!scan.ok) return malformed(scan, 0);
  try {
    const outer: Request = { body, scan, inside: undefined };
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

function malformed(fault: ScanFault, start: number): WireRead {
  const detail = `${fault.detail} (line ${fault.line}, column ${fault.column})`;
  return { ok: false, problem: { kind: 'malformed-json', detail, offset: start + fault.offset } };
}

function innerOf(outer: Request): Request {
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

function configOf(request: Request): Config {
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

function factsOf(request: Request, config: Config, path: PathFacts): RequestFacts {
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

function tierWordOf(request: Request): string | null | undefined {
  const member = either(request, 'serviceTier', 'service_tier');
  const word = wordOf(request.body, 'serviceTier', member);
  return typeof word === 'string' ? geminiTierWord(word) : word;
}

function forward({ body, scan, inside }: Request, model: string, tierWord: string | null): Buffer {
  const edits = editsOf(body, scan, model, tierWord);
  if (edits === null) return inside?.outer.body ?? body;
  const pieces = splice(body, scan, edits);
  if (inside === undefined) return Buffer.concat(pieces);
  const { outer, name } = inside;
  return Buffer.concat(splice(outer.body, outer.scan, { [name]: pieces } as Edits<RoutedName>));
}

/** Null: the bytes can stay as they are. The path says the model, so that the body is only changed where it says it as well. */
function editsOf(
  body: Buffer,
  { members, duplicates }: Scan<RoutedName>,
  model: string,
  tierWord: string | null,
): Edits<RoutedName> | null {
  const edits: { [name in RoutedName]?: Replacement } = {};
  const put = (name: RoutedName, text: string | null): void => {
    const member = members[name];
    const stays = member === undefined ? text === null : rawText(body, member) === text && !duplicates.includes(name);
    if (!stays) edits[name] = text;
  };
  // Tuned models have a collection of their own in their names.
  const resource = model.includes('/') ? model : `models/${model}`;
  if (members.model !== undefined) put('model', JSON.stringify(resource));
  const tier = members.service_tier === undefined ? 'serviceTier' : 'service_tier';
  put(tier, tierWord === null ? null : JSON.stringify(tierWord));
  return Object.keys(edits).length === 0 ? null : edits;
}
