import {
  continueRequest,
  type ContinueStyle,
  type KeptAnswer,
  readBoolean,
  splice,
  type Edits,
  type PostOperation,
  type ReadRequest,
  type RequestName,
} from '@offpeak/dialects';
import type { Tier } from '@offpeak/core';
import type { EngineUpstream } from '../upstreams/engine-upstream.ts';

export interface EngineRequest {
  readonly engine: EngineUpstream;
  /** The engine's own name for the model. */
  readonly model: string;
  readonly tier: Tier;
  readonly operation: PostOperation;
  readonly stream: boolean;
  /** Present when the answer is kept, and continued where it already has text. */
  readonly kept: KeptAnswer | null;
}

/** Members with which a client of vLLM's has a message gone on with, where an engine has another way to say it, or knows only one of them. */
const UNKNOWN_FLAGS: Readonly<Record<ContinueStyle, Edits<RequestName>>> = {
  vllm: {},
  sglang: { add_generation_prompt: null },
  'llama.cpp': { continue_final_message: null, add_generation_prompt: null },
  none: {},
};

/**
 * The bytes that the engine gets: the client's own, less the tier and any engine priority that the client wrote (its place in the
 * queue is not the client's to choose), with the engine's name for the model, and with usage reported on every stream. Null: this engine cannot go on with
 * the text that another one began.
 */
export function engineBody(body: Buffer, request: ReadRequest, to: EngineRequest): Buffer | null {
  const { scan, facts } = request;
  const { adapter, settings } = to.engine;
  const edits: { -readonly [name in RequestName]?: Edits<RequestName>[name] } = {};
  if (scan.members.service_tier !== undefined) edits.service_tier = null;
  if (scan.members.priority !== undefined) edits.priority = null;
  if (to.model !== facts.model) edits.model = JSON.stringify(to.model);
  if (to.stream !== facts.stream) edits.stream = String(to.stream);
  if (to.stream && !facts.includeUsage) edits.stream_options = '{"include_usage":true}';
  const { continue_final_message: continued } = scan.members;
  if (continued?.kind === 'boolean' && readBoolean(body, continued)) {
    Object.assign(edits, UNKNOWN_FLAGS[adapter.continueStyle]);
  }
  if (adapter.priority !== null && settings.enginePriority) {
    edits.priority = String(adapter.priority.values[to.tier]);
  }
  const edited = Object.keys(edits).length === 0 ? body : joined(splice(body, scan, edits));
  if (to.kept === null || to.operation === 'embeddings') return edited;
  const pieces = continueRequest(to.operation, edited, to.kept.emitted, adapter.continueStyle);
  return pieces === null ? null : joined(pieces);
}

function joined(pieces: readonly Buffer[]): Buffer {
  return pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces);
}
