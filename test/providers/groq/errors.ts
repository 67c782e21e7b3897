import { valueAt, type Complaint, type Path } from '../complaints.ts';
import { Refused } from '../fake.ts';
import { refusal } from './refusals.ts';

export function invalid(message: string, rest: { code?: string; param?: string } = {}, status = 400): Refused {
  return new Refused(refusal(status, { message, type: 'invalid_request_error', ...rest }), `${status} ${message}`);
}

/** The validator's own sentences; what is wrong in a message is told with that message's role. */
export function refusedFor(complaint: Complaint, body: unknown): Refused {
  const { path } = complaint;
  const inMessage = path[0] === 'messages' && typeof path[1] === 'number';
  if (!inMessage || path.at(-1) === 'role') return invalid(sentence(complaint));
  const at = path.slice(0, 2);
  const role = (valueAt(body, at) as { role?: unknown } | undefined)?.role;
  const detail =
    complaint.kind === 'unknown' || complaint.kind === 'missing'
      ? `'${dotted(path.slice(0, -1))}' : ${sentence(complaint)}`
      : sentence(complaint);
  return invalid(`'${dotted(at)}' : for 'role:${String(role)}' the following must be satisfied[(${detail})]`);
}

function dotted(path: Path): string {
  return path.join('.');
}

const A: Readonly<Record<string, string>> = {
  array: 'an array',
  object: 'an object',
  string: 'a string',
  integer: 'an integer',
  number: 'a number',
  boolean: 'a boolean',
  null: 'null',
};

function sentence(complaint: Complaint): string {
  const { path } = complaint;
  switch (complaint.kind) {
    case 'unknown':
      return `property '${String(path.at(-1))}' is unsupported`;
    case 'missing':
      return `property '${String(path.at(-1))}' is missing`;
    case 'type':
      return `'${dotted(path)}' : value must be ${complaint.expected.map((type) => A[type] ?? type).join(' or ')}`;
    case 'value': {
      const allowed = complaint.allowed.filter((value) => value !== null).map((value) => `'${String(value)}'`);
      return `'${dotted(path)}' : value is not one of the allowed values [${allowed.join(',')}]`;
    }
    case 'bound': {
      const what =
        complaint.of === 'number'
          ? 'number must be'
          : complaint.of === 'array'
            ? 'number of items must be'
            : 'length must be';
      return `'${dotted(path)}' : ${what} at ${complaint.side === 'min' ? 'least' : 'most'} ${complaint.bound}`;
    }
    case 'pattern':
      return `'${dotted(path)}' : value must match the pattern ${complaint.pattern}`;
    case 'other':
      return `'${dotted(path)}' : ${complaint.message}`;
  }
}
