import { typeOf, valueAt, type Complaint, type Path } from '../complaints.ts';
import { Refused } from '../fake.ts';
import { refusal } from './refusals.ts';

const STATUS_OF = {
  invalid_request_error: 400,
  authentication_error: 401,
  not_found_error: 404,
  request_too_large: 413,
} as const;

export function refused(type: keyof typeof STATUS_OF, message: string): Refused {
  const status = STATUS_OF[type];
  return new Refused(refusal(status, type, message), `${status} ${message}`);
}

export function invalid(message: string): Refused {
  return refused('invalid_request_error', message);
}

/** Members whose value is one of several kinds; a path through it names the kind: `messages.1.content.0.tool_use.id`. */
const TAGGED = new Set(['source', 'cache_control', 'thinking', 'tool_choice', 'format']);
const TAGGED_LISTS = new Set(['content', 'tools', 'system', 'citations']);

export function pathOf(path: Path, body: unknown): string {
  const steps: (string | number)[] = [];
  for (const [index, step] of path.entries()) {
    steps.push(step);
    const tagged =
      typeof step === 'number'
        ? TAGGED_LISTS.has(String(path[index - 1]))
        : TAGGED.has(step) && index + 1 < path.length;
    if (!tagged || index + 1 === path.length) continue;
    const value = valueAt(body, path.slice(0, index + 1));
    const type = (value as { type?: unknown } | undefined)?.type;
    if (typeof type === 'string') steps.push(type);
    else if (path[index - 1] === 'tools') steps.push('custom');
  }
  return steps.join('.');
}

function listed(values: readonly unknown[]): string {
  const quoted = values.filter((value) => value !== null).map((value) => `'${String(value)}'`);
  return quoted.length < 2 ? quoted.join('') : `${quoted.slice(0, -1).join(', ')} or ${quoted.at(-1)!}`;
}

const A: Readonly<Record<string, string>> = {
  string: 'a valid string',
  integer: 'a valid integer',
  number: 'a valid number',
  boolean: 'a valid boolean',
  array: 'a valid list',
  object: 'an object',
};

/** The sentence that the API has for a fault in a body. */
export function refusedFor(complaint: Complaint, body: unknown): Refused {
  const { path } = complaint;
  const where = pathOf(path, body);
  switch (complaint.kind) {
    case 'unknown':
      return invalid(`${where}: Extra inputs are not permitted`);
    case 'missing':
      return invalid(`${where}: Field required`);
    case 'type': {
      const fraction = complaint.expected[0] === 'integer' && typeOf(complaint.received) === 'number';
      const expected = A[complaint.expected[0]!] ?? complaint.expected[0]!;
      return invalid(`${where}: Input should be ${expected}${fraction ? ', got a number with a fractional part' : ''}`);
    }
    case 'value':
      if (path.at(-1) === 'type' && complaint.allowed.length > 1) {
        const parent = pathOf(path.slice(0, -1), body);
        const tags = complaint.allowed.map((tag) => `'${String(tag)}'`).join(', ');
        return invalid(
          `${parent}: Input tag '${String(complaint.received)}' found using 'type' does not match any of the expected tags: ${tags}`,
        );
      }
      return invalid(`${where}: Input should be ${listed(complaint.allowed)}`);
    case 'bound':
      return invalid(`${where}: ${boundOf(complaint)}`);
    case 'pattern':
      return invalid(`${where}: String should match pattern '${complaint.pattern}'`);
    case 'other':
      return invalid(`${where}: ${complaint.message}`);
  }
}

function boundOf({ of, side, bound, received }: Extract<Complaint, { kind: 'bound' }>): string {
  if (of === 'number') return `Input should be ${side === 'min' ? 'greater' : 'less'} than or equal to ${bound}`;
  const least = side === 'min' ? 'at least' : 'at most';
  if (of === 'string') return `String should have ${least} ${bound} characters`;
  const length = Array.isArray(received) ? received.length : 0;
  return `List should have ${least} ${bound} item${bound === 1 ? '' : 's'} after validation, not ${length}`;
}
