import type { PathFacts, WireRead } from '../codec.ts';
import type { Names } from '../json/names.ts';
import { mistyped, modelBytesMax, Refused, refuseContradictions } from '../json/routed.ts';
import { scanObject, type Member, type Scan } from '../json/scan.ts';
import { estimateTokens } from '../openai/estimate.ts';

/** Finds the members of a body and has them read. What the reader refuses is told as the client's mistake. */
export function readScanned<N extends string>(
  body: Buffer,
  names: Names<N>,
  read: (scan: Scan<N>) => WireRead,
): WireRead {
  const scan = scanObject(body, names);
  if (!scan.ok) {
    const detail = `${scan.detail} (line ${scan.line}, column ${scan.column})`;
    return { ok: false, problem: { kind: 'malformed-json', detail, offset: scan.offset } };
  }
  try {
    refuseContradictions(body, scan, names.list);
    return read(scan);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    return { ok: false, problem: { kind: 'invalid-value', param: error.param, detail: error.message } };
  }
}

export interface Nested<N extends string> {
  readonly body: Buffer;
  readonly scan: Scan<N>;
}

/** An object inside the body, if it is there: the same search one level down. */
export function nested<N extends string>(
  body: Buffer,
  param: string,
  member: Member | undefined,
  names: Names<N>,
): Nested<N> | undefined {
  if (member === undefined || member.kind === 'null') return undefined;
  if (member.kind !== 'object') throw mistyped(body, param, member, 'an object');
  const inner = body.subarray(member.start, member.end);
  const scan = scanObject(inner, names);
  if (!scan.ok) throw new Refused(param, scan.detail);
  try {
    refuseContradictions(inner, scan, names.list);
  } catch (error) {
    throw error instanceof Refused ? new Refused(`${param}.${error.param}`, error.message) : error;
  }
  return { body: inner, scan };
}

export function pathModel(path: PathFacts): string {
  const { model } = path;
  if (model === undefined || model === '') {
    throw new Refused('modelId', 'it is missing; the path names the model that should answer');
  }
  if (Buffer.byteLength(model) > modelBytesMax) {
    throw new Refused('modelId', `a model's name has at most ${modelBytesMax} bytes`);
  }
  return model;
}

/** Of all members together, those that are missing left out. */
export function tokensOf(members: readonly (Member | undefined)[]): number {
  return members.reduce((sum, member) => sum + (member === undefined ? 0 : estimateTokens(member)), 0);
}
