import type { z } from 'zod';
import { nearest } from './nearest.ts';
import type { PathPart, RawProblem } from './problems.ts';
import { configJsonSchema } from './schema.ts';

type Issue = z.core.$ZodIssue;

const TYPE_WORDS: Readonly<Record<string, string>> = {
  object: 'a map of settings',
  record: 'a map of settings',
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
      const allowed = keysAllowedAt(path, value);
      return issue.keys.map((key) => ({
        path: [...path, key],
        atKey: true,
        message: `unknown key; allowed here: ${allowed.join(', ')}`,
        suggestion: nearest(key, allowed),
      }));
    }
    case 'invalid_union': {
      const tags = tagsOf(issue);
      if (tags.length > 0) return [mustBeOneOf(path, tags, found)];
      // One of the choices took the value's type and found a fault inside it: that fault is the one to tell.
      const inside = issue.errors.find((errors) =>
        errors.every((inner) => inner.path.length > 0 || inner.code === 'unrecognized_keys'),
      );
      if (inside !== undefined) return inside.flatMap((inner) => explain(inner, path, value));
      return [{ path, message: issue.message }];
    }
    case 'invalid_value':
      return [mustBeOneOf(path, issue.values.map(String), found)];
    case 'invalid_key': {
      const [first] = issue.issues;
      return [
        { path, atKey: true, message: first === undefined ? issue.message : (ownMessage(first) ?? issue.message) },
      ];
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

/** What the member that tells kinds apart may be; empty unless that is what is wrong. */
function tagsOf(issue: Issue): string[] {
  return issue.code === 'invalid_union' && 'options' in issue && issue.options !== undefined
    ? issue.options.map(String)
    : [];
}

function mustBeOneOf(path: readonly PathPart[], allowed: readonly string[], found: unknown): RawProblem {
  const suggestion = typeof found === 'string' ? nearest(found, allowed) : undefined;
  return { path, message: `must be ${alternatives(allowed)}`, suggestion };
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
  const allowed = issue.code === 'invalid_value' ? issue.values.map(String) : tagsOf(issue);
  if (allowed.length > 0) return `; it must be ${alternatives(allowed)}`;
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
  /** Kinds of one section, which a constant member tells apart. */
  readonly oneOf?: readonly SchemaNode[];
  readonly const?: unknown;
}

/** Of kinds, only the keys of the one that the value is. */
function keysAllowedAt(path: readonly PathPart[], value: unknown): string[] {
  let nodes = choicesOf(configJsonSchema(), value);
  for (const [index, part] of path.entries()) {
    const here = valueAt(value, path.slice(0, index + 1));
    nodes = nodes
      .flatMap((node) => (typeof part === 'number' ? node.items : propertyOf(node, part)) ?? [])
      .flatMap((node) => choicesOf(node, here));
  }
  return nodes.flatMap((node) => Object.keys(node.properties ?? {}));
}

/** A file may have keys that every object has a property for. */
function propertyOf({ properties = {} }: SchemaNode, name: string): SchemaNode | undefined {
  return Object.hasOwn(properties, name) ? properties[name] : undefined;
}

function choicesOf(node: SchemaNode, value: unknown): SchemaNode[] {
  return [node, ...(node.anyOf ?? []), ...(node.oneOf ?? []).filter((kind) => isOfKind(kind, value))];
}

function isOfKind({ properties = {} }: SchemaNode, value: unknown): boolean {
  return Object.entries(properties).every(([key, member]) => {
    return member.const === undefined || valueAt(value, [key]) === member.const;
  });
}
