import type { z } from 'zod';
import { nearest } from './nearest.ts';
import type { PathPart, RawProblem } from './problems.ts';
import { configJsonSchema } from './schema.ts';

type Issue = z.core.$ZodIssue;

const TYPE_WORDS: Readonly<Record<string, string>> = {
  object: 'a map of settings',
  array: 'a list',
  string: 'text',
  boolean: 'true or false',
  number: 'a number',
};

/** What the schema found, in words that say what is allowed. `value` is what was checked. */
export function explainIssues(issues: readonly Issue[], value: unknown): RawProblem[] {
  return issues.flatMap((issue) => explain(issue, [], value));
}

function explain(issue: Issue, before: readonly PathPart[], value: unknown): RawProblem[] {
  const path = [...before, ...issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part))];
  const found = valueAt(value, path);
  if (found === undefined && issue.code !== 'unrecognized_keys') {
    return [{ path, message: `is missing${expectation(issue)}` }];
  }
  switch (issue.code) {
    case 'unrecognized_keys': {
      const allowed = keysAllowedAt(path);
      return issue.keys.map((key) => ({
        path: [...path, key],
        atKey: true,
        message: `unknown key; allowed here: ${allowed.join(', ')}`,
        suggestion: nearest(key, allowed),
      }));
    }
    case 'invalid_union': {
      // One of the choices took the value's type and found a fault inside it: that fault is the one to tell.
      const inside = issue.errors.find((errors) =>
        errors.every((inner) => inner.path.length > 0 || inner.code === 'unrecognized_keys'),
      );
      if (inside !== undefined) return inside.flatMap((inner) => explain(inner, path, value));
      return [{ path, message: issue.message }];
    }
    case 'invalid_value': {
      const allowed = issue.values.map(String);
      const suggestion = typeof found === 'string' ? nearest(found, allowed) : undefined;
      return [{ path, message: `must be ${alternatives(allowed)}`, suggestion }];
    }
    case 'invalid_type':
      return [{ path, message: ownMessage(issue) ?? `must be ${TYPE_WORDS[issue.expected] ?? issue.expected}` }];
    case 'too_small':
    case 'too_big':
      return [{ path, message: ownMessage(issue) ?? sizeMessage(issue) }];
    default:
      return [{ path, message: issue.message }];
  }
}

/** zod's own sentences begin with what was wrong, ours with what is allowed. */
function ownMessage(issue: Issue): string | undefined {
  return issue.message.startsWith('must ') ? issue.message : undefined;
}

function sizeMessage(issue: z.core.$ZodIssueTooSmall | z.core.$ZodIssueTooBig): string {
  const unit = issue.origin === 'array' ? ' entries' : issue.origin === 'string' ? ' characters' : '';
  return issue.code === 'too_small'
    ? `must have at least ${issue.minimum}${unit}`
    : `must have at most ${issue.maximum}${unit}`;
}

function expectation(issue: Issue): string {
  if (issue.code === 'invalid_value') return `; it must be ${alternatives(issue.values.map(String))}`;
  const own = ownMessage(issue);
  return own === undefined ? '' : `; it ${own}`;
}

function alternatives(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;
}

function valueAt(value: unknown, path: readonly PathPart[]): unknown {
  let found = value;
  for (const part of path) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, part)) return undefined;
    found = (found as Record<PathPart, unknown>)[part];
  }
  return found;
}

interface SchemaNode {
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly items?: SchemaNode;
  readonly anyOf?: readonly SchemaNode[];
}

function keysAllowedAt(path: readonly PathPart[]): string[] {
  let nodes: SchemaNode[] = [configJsonSchema()];
  for (const part of path) {
    nodes = nodes
      .flatMap((node) => [node, ...(node.anyOf ?? [])])
      .flatMap((node) => (typeof part === 'number' ? node.items : node.properties?.[part]) ?? []);
  }
  return nodes.flatMap((node) => [node, ...(node.anyOf ?? [])]).flatMap((node) => Object.keys(node.properties ?? {}));
}
