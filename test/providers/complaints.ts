import type { z } from 'zod';

export type Path = readonly (string | number)[];

/** What is wrong with one value of a body; each provider has its own words for it. */
export type Complaint =
  /** The last step of the path is a member that the provider does not know. */
  | { readonly kind: 'unknown'; readonly path: Path }
  | { readonly kind: 'missing'; readonly path: Path }
  /** `expected`: names of JSON types, or `integer`. */
  | { readonly kind: 'type'; readonly path: Path; readonly expected: readonly string[]; readonly received: unknown }
  | { readonly kind: 'value'; readonly path: Path; readonly allowed: readonly unknown[]; readonly received: unknown }
  | {
      readonly kind: 'bound';
      readonly path: Path;
      readonly of: 'number' | 'string' | 'array' | 'object';
      readonly side: 'min' | 'max';
      readonly bound: number;
      readonly received: unknown;
    }
  | { readonly kind: 'pattern'; readonly path: Path; readonly pattern: string; readonly received: unknown }
  | { readonly kind: 'other'; readonly path: Path; readonly message: string };

type Issue = z.core.$ZodIssue;

/** All that a schema has against a body, in the schema's order. */
export function complaintsOf(schema: z.ZodType, body: unknown): Complaint[] {
  const result = schema.safeParse(body);
  return result.success ? [] : result.error.issues.flatMap((issue) => complaintsIn(issue, [], body));
}

function complaintsIn(issue: Issue, base: Path, body: unknown): Complaint[] {
  const path: Path = [...base, ...(issue.path as Path)];
  const received = valueAt(body, path);
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => ({ kind: 'unknown', path: [...path, key] }));
    case 'invalid_type':
      if (received === undefined) return [{ kind: 'missing', path }];
      return [{ kind: 'type', path, expected: [typeName(issue.expected)], received }];
    case 'invalid_value':
      if (received === undefined) return [{ kind: 'missing', path }];
      return [{ kind: 'value', path, allowed: issue.values, received }];
    case 'invalid_union':
      return ofUnion(issue, path, body);
    case 'too_small':
      return [{ kind: 'bound', path, of: measured(issue.origin), side: 'min', bound: Number(issue.minimum), received }];
    case 'too_big':
      return [{ kind: 'bound', path, of: measured(issue.origin), side: 'max', bound: Number(issue.maximum), received }];
    case 'invalid_format':
      return [{ kind: 'pattern', path, pattern: (issue.pattern ?? issue.format).replace(/^\/|\/$/g, ''), received }];
    default:
      return [{ kind: 'other', path, message: issue.message }];
  }
}

function ofUnion(issue: Extract<Issue, { code: 'invalid_union' }>, path: Path, body: unknown): Complaint[] {
  const received = valueAt(body, path);
  if (received === undefined) return [{ kind: 'missing', path }];
  const options = (issue as { readonly options?: readonly unknown[] }).options;
  if (options !== undefined) return [{ kind: 'value', path, allowed: options, received }];
  const branches = issue.errors.map((issues) => issues.flatMap((inner) => complaintsIn(inner, path, body)));
  // The branch that was meant is the one whose trouble lies deepest; where all say that the whole value is of another type, all are named.
  const depth = (branch: readonly Complaint[]): number =>
    Math.max(...branch.map((complaint) => (fitsWhole(complaint, path) ? complaint.path.length + 1 : 0)));
  const meant = branches.reduce((best, branch) => (depth(branch) > depth(best) ? branch : best));
  if (depth(meant) > 0) return meant;
  const expected = new Set<string>();
  const allowed: unknown[] = [];
  for (const complaint of branches.flat()) {
    if (complaint.kind === 'type') for (const name of complaint.expected) expected.add(name);
    else if (complaint.kind === 'value') allowed.push(...complaint.allowed);
  }
  return typeof received === 'string' && allowed.length > 0
    ? [{ kind: 'value', path, allowed, received }]
    : [{ kind: 'type', path, expected: [...expected], received }];
}

/** Whether the value at the union's own place is of the branch's type. */
function fitsWhole(complaint: Complaint, path: Path): boolean {
  if (complaint.path.length > path.length) return true;
  return complaint.kind !== 'type' && complaint.kind !== 'value';
}

function measured(origin: string): 'number' | 'string' | 'array' | 'object' {
  if (origin === 'string' || origin === 'array') return origin;
  return origin === 'number' || origin === 'int' || origin === 'bigint' ? 'number' : 'object';
}

function typeName(expected: string): string {
  if (expected === 'int') return 'integer';
  return expected === 'record' ? 'object' : expected;
}

export function valueAt(body: unknown, path: Path): unknown {
  let value = body;
  for (const step of path) {
    if (value === null || typeof value !== 'object') return undefined;
    value = (value as Record<string | number, unknown>)[step];
  }
  return value;
}

/** `null`, `array`, `object`, `string`, `integer`, `number` or `boolean`. */
export function typeOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  return typeof value;
}
