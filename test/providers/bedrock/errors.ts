import { typeOf, type Complaint, type Path } from '../complaints.ts';
import { Refused } from '../fake.ts';
import { refusal } from './refusals.ts';

export function refused(status: number, name: string, message: string): Refused {
  return new Refused(refusal(status, name, message), `${status} ${name}: ${message}`);
}

export function invalid(message: string): Refused {
  return refused(400, 'ValidationException', message);
}

/** Members of lists are counted from one: `messages.1.member.content`. */
export function memberOf(path: Path): string {
  return path.map((step) => (typeof step === 'number' ? `${step + 1}.member` : step)).join('.');
}

const TYPES: Readonly<Record<string, string>> = {
  string: 'String',
  integer: 'Integer',
  number: 'Float',
  boolean: 'Boolean',
  array: 'List',
  object: 'Structure',
};

/** What has the wrong type cannot be read; what can be read and breaks a constraint is told together. */
export function refusedFor(complaints: readonly Complaint[]): Refused {
  for (const complaint of complaints) {
    if (complaint.kind === 'unknown') {
      return invalid(
        `Malformed input request: #${pointer(complaint.path.slice(0, -1))}: extraneous key [${String(complaint.path.at(-1))}] is not permitted, please reformat your input and try again.`,
      );
    }
    if (complaint.kind === 'type') {
      const received = `${typeOf(complaint.received).toUpperCase()}_VALUE`;
      return refused(
        400,
        'SerializationException',
        `${received} can not be converted to ${TYPES[complaint.expected[0]!] ?? complaint.expected[0]!}`,
      );
    }
  }
  const told = complaints.map((complaint) => constraint(complaint));
  return invalid(`${told.length} validation error${told.length === 1 ? '' : 's'} detected: ${told.join('; ')}`);
}

function pointer(path: Path): string {
  return path.map((step) => `/${step}`).join('');
}

function constraint(complaint: Complaint): string {
  const where = memberOf(complaint.path);
  const value = 'received' in complaint ? shown(complaint.received) : 'null';
  const failed = (what: string): string =>
    `Value ${value} at '${where}' failed to satisfy constraint: Member must ${what}`;
  switch (complaint.kind) {
    case 'missing':
      return `Value null at '${where}' failed to satisfy constraint: Member must not be null`;
    case 'value':
      return failed(`satisfy enum value set: [${complaint.allowed.map(String).join(', ')}]`);
    case 'pattern':
      return failed(`satisfy regular expression pattern: ${complaint.pattern}`);
    case 'bound':
      return failed(
        `have ${complaint.of === 'number' ? 'value' : 'length'} ${complaint.side === 'min' ? 'greater' : 'less'} than or equal to ${complaint.bound}`,
      );
    default:
      return failed(complaint.kind === 'other' ? complaint.message : 'be known');
  }
}

function shown(value: unknown): string {
  return typeof value === 'object' ? `'${JSON.stringify(value)}'` : `'${String(value)}'`;
}
