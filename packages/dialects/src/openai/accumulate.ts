export type JsonObject = Record<string, unknown>;

/** Deltas nest four deep (a tool call's function); what is deeper is replaced whole, so that garbage cannot exhaust the stack. */
const mergeDepthMax = 8;

/** Strings that every chunk tells whole. All other strings arrive in parts. */
const WHOLE: ReadonlySet<string> = new Set(['role', 'id', 'type', 'name', 'object', 'finish_reason', 'stop_reason']);

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * Adds what a chunk says to what the chunks before it said: texts grow, lists grow, list entries with an `index` meet their own
 * kind, and everything else is replaced. Null says nothing new. Members that nobody here knows follow the same rule, so that an
 * engine's own additions survive. Returns by how many characters of JSON, about, the whole has grown.
 */
export function accumulate(into: JsonObject, delta: JsonObject, depth: number = 0): number {
  let grown = 0;
  for (const [name, value] of Object.entries(delta)) {
    // A plain assignment to this name would set the prototype.
    if (name === '__proto__') continue;
    const before = into[name];
    if (value === null) into[name] = before ?? null;
    else if (typeof value === 'string' && typeof before === 'string' && !WHOLE.has(name)) {
      into[name] = before + value;
      grown += value.length;
    } else if (Array.isArray(value)) {
      if (!Array.isArray(before)) into[name] = [];
      grown += grow(into[name] as unknown[], value, depth);
    } else if (isObject(value) && isObject(before) && depth < mergeDepthMax) {
      grown += accumulate(before, value, depth + 1);
    } else {
      into[name] = value;
      grown += weightOf(value);
    }
  }
  return grown;
}

function grow(list: unknown[], more: readonly unknown[], depth: number): number {
  let grown = 0;
  for (const entry of more) {
    const known = isObject(entry) && typeof entry['index'] === 'number' ? withIndex(list, entry['index']) : undefined;
    if (known !== undefined && depth < mergeDepthMax) grown += accumulate(known, entry as JsonObject, depth + 1);
    else {
      list.push(entry);
      grown += weightOf(entry);
    }
  }
  return grown;
}

/** From the end: the entry that grows is nearly always the newest. */
function withIndex(list: readonly unknown[], index: number): JsonObject | undefined {
  return list.findLast((entry): entry is JsonObject => isObject(entry) && entry['index'] === index);
}

/** Its size in characters, about. Throws where it nests too deeply to be written out again, as the answer has to be. */
export function weightOf(value: unknown): number {
  if (typeof value === 'string') return value.length;
  return typeof value === 'object' ? JSON.stringify(value).length : 1;
}
