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
 * engine's own additions survive.
 */
export function accumulate(into: JsonObject, delta: JsonObject, depth: number = 0): void {
  for (const [name, value] of Object.entries(delta)) {
    // A plain assignment to this name would set the prototype.
    if (name === '__proto__') continue;
    const before = into[name];
    if (value === null) into[name] = before ?? null;
    else if (typeof value === 'string' && typeof before === 'string' && !WHOLE.has(name)) into[name] = before + value;
    else if (Array.isArray(value)) into[name] = grow(Array.isArray(before) ? (before as unknown[]) : [], value, depth);
    else if (isObject(value) && isObject(before) && depth < mergeDepthMax) accumulate(before, value, depth + 1);
    else into[name] = value;
  }
}

function grow(list: unknown[], more: readonly unknown[], depth: number): unknown[] {
  for (const entry of more) {
    const known = isObject(entry) && typeof entry['index'] === 'number' ? withIndex(list, entry['index']) : undefined;
    if (known !== undefined && depth < mergeDepthMax) accumulate(known, entry as JsonObject, depth + 1);
    else list.push(entry);
  }
  return list;
}

/** From the end: the entry that grows is nearly always the newest. */
function withIndex(list: readonly unknown[], index: number): JsonObject | undefined {
  return list.findLast((entry): entry is JsonObject => isObject(entry) && entry['index'] === index);
}
