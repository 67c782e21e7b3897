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
  const result = schema.safeParse(body, { reportInput: true });
  return result.success ? [] : result.error.issues.flatMap((issue) => complaintsIn(issue, []));
}

function complaintsIn(issue: Issue, base: Path): Complaint[] {
  const path: Path = [...base, ...(issue.path as Path)];
  const received = issue.input;
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
      return ofUnion(issue, path);
    case 'too_small':
      return [{ kind: 'bound', path, of: measured(issue.origin), side: 'min', bound: Number(issue.minimum), received }];
    case 'too_big':
      return [{ kind: 'bound', path, of: measured(issue.origin), side: 'max', bound: Number(issue.maximum), received }];
    case 'invalid_format': {
      const pattern = (issue.pattern ?? issue.format).replace(/^\/|\/$/g, '');
      return [{ kind: 'pattern', path, pattern, received }];
    }
    default:
      return [{ kind: 'other', path, message: issue.message }];
  }
}

interface NoSuchKind {
  readonly options?: readonly unknown[];
  readonly discriminator?: string;
}

function ofUnion(issue: Extract<Issue, { code: 'invalid_union' }>, path: Path): Complaint[] {
  const { options, discriminator } = issue as NoSuchKind;
  if (options !== undefined && discriminator !== undefined) {
    const received = (issue.input as Readonly<Record<string, unknown>>)[discriminator];
    return [received === undefined ? { kind: 'missing', path } : { kind: 'value', path, allowed: options, received }];
  }
  const received = issue.input;
  if (received === undefined) return [{ kind: 'missing', path }];
  const branches = issue.errors.map((issues) => issues.flatMap((inner) => complaintsIn(inner, path)));
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
