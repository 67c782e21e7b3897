import { typeOf, type Complaint, type Path } from '../complaints.ts';
import { Refused } from '../fake.ts';
import { snakeCase } from './proto.ts';
import { refusal, type StatusName } from './refusals.ts';

export function refused(status: StatusName, message: string): Refused {
  return new Refused(refusal(status, message), `${status} ${message}`);
}

export function invalid(message: string): Refused {
  return refused('INVALID_ARGUMENT', message);
}

/** `tools[0].function_declarations[0].parameters` */
export function fieldOf(path: Path): string {
  return path
    .map((step, index) => (typeof step === 'number' ? `[${step}]` : `${index === 0 ? '' : '.'}${snakeCase(step)}`))
    .join('');
}

const TYPES: Readonly<Record<string, string>> = {
  string: 'TYPE_STRING',
  integer: 'TYPE_INT32',
  number: 'TYPE_FLOAT',
  boolean: 'TYPE_BOOL',
};

function messageType(field: string): string {
  const last = field
    .split('.')
    .at(-1)!
    .replace(/\[\d+\]$/, '');
  const name = last.replace(/(?:^|_)([a-z])/g, (_, letter: string) => letter.toUpperCase());
  return `type.googleapis.com/google.ai.generativelanguage.v1beta.${name}`;
}

/** All that cannot be read is told at once; what can be read and is out of bounds comes after. */
export function refusedFor(complaints: readonly Complaint[]): Refused {
  const unreadable = complaints.filter(({ kind }) => kind === 'unknown' || kind === 'type' || kind === 'value');
  if (unreadable.length === 0) return invalid(`* GenerateContentRequest.${outOfBounds(complaints[0]!)}\n`);
  const violations = unreadable.map((complaint) => {
    const field = fieldOf(complaint.kind === 'unknown' ? complaint.path.slice(0, -1) : complaint.path);
    const description =
      complaint.kind === 'unknown'
        ? `Invalid JSON payload received. Unknown name "${snakeCase(String(complaint.path.at(-1)))}"${field === '' ? '' : ` at '${field}'`}: Cannot find field.`
        : wrongValue(complaint, field);
    return { ...(field === '' ? {} : { field }), description };
  });
  const message = violations.map(({ description }) => description).join('\n');
  return new Refused(
    refusal('INVALID_ARGUMENT', message, [
      { '@type': 'type.googleapis.com/google.rpc.BadRequest', fieldViolations: violations },
    ]),
    message,
  );
}

function wrongValue(complaint: Complaint, field: string): string {
  const received = 'received' in complaint ? complaint.received : undefined;
  if (complaint.kind === 'type' && complaint.expected[0] === 'object' && Array.isArray(received)) {
    return `Invalid JSON payload received. Unknown name "" at '${field}': Proto field is not repeating, cannot start list.`;
  }
  const expected = complaint.kind === 'type' ? TYPES[complaint.expected[0]!] : undefined;
  const shown = typeOf(received) === 'object' || typeOf(received) === 'array' ? '' : `, ${JSON.stringify(received)}`;
  return `Invalid value at '${field}' (${expected ?? messageType(field)})${shown}`;
}

function outOfBounds(complaint: Complaint): string {
  const field = fieldOf(complaint.path);
  switch (complaint.kind) {
    case 'missing':
      return `${field}: ${field.split('.').at(-1)!} is not specified`;
    case 'pattern':
      return `${field}: Invalid function name. Must start with a letter or an underscore. Must be alphameric (a-z, A-Z, 0-9), underscores (_), dots (.), colons (:), or dashes (-), with a maximum length of 64.`;
    case 'bound':
      return `${field}: must be ${complaint.side === 'min' ? 'at least' : 'at most'} ${complaint.bound}, got ${JSON.stringify(complaint.received)}`;
    default:
      return `${field}: ${complaint.kind === 'other' ? complaint.message : 'invalid'}`;
  }
}
