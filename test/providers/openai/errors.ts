import { typeOf, type Complaint, type Path } from '../complaints.ts';
import { Refused } from '../fake.ts';

/** `messages[1].tool_calls[0].index` */
export function paramOf(path: Path): string {
  return path.map((step, index) => (typeof step === 'number' ? `[${step}]` : index === 0 ? step : `.${step}`)).join('');
}

export function invalid(message: string, param: string | null, code: string | null, status = 400): Refused {
  return new Refused(
    { status, body: { error: { message, type: 'invalid_request_error', param, code } } },
    `${status} ${message}`,
  );
}

const A: Readonly<Record<string, string>> = {
  null: 'null',
  array: 'an array',
  object: 'an object',
  string: 'a string',
  integer: 'an integer',
  number: 'a decimal',
  boolean: 'a boolean',
};

function listed(values: readonly unknown[]): string {
  const quoted = values.filter((value) => value !== null).map((value) => `'${String(value)}'`);
  if (quoted.length < 2) return quoted.join('');
  const most = quoted.slice(0, -1).join(', ');
  return `${most}${quoted.length > 2 ? ',' : ''} and ${quoted.at(-1)!}`;
}

/** The sentence, parameter and code that OpenAI has for a fault in a body. */
export function refusedFor(complaint: Complaint): Refused {
  const param = paramOf(complaint.path);
  switch (complaint.kind) {
    case 'unknown':
      return invalid(`Unknown parameter: '${param}'.`, param, 'unknown_parameter');
    case 'missing':
      return invalid(`Missing required parameter: '${param}'.`, param, 'missing_required_parameter');
    case 'type': {
      const expected = complaint.expected.map((name) => A[name] ?? name);
      const wanted =
        expected.length > 1 ? `one of ${expected.slice(0, -1).join(', ')} or ${expected.at(-1)!}` : expected[0]!;
      const got = A[typeOf(complaint.received)]!;
      return invalid(`Invalid type for '${param}': expected ${wanted}, but got ${got} instead.`, param, 'invalid_type');
    }
    case 'value':
      return invalid(
        `Invalid value: ${quoted(complaint.received)}. Supported values are: ${listed(complaint.allowed)}.`,
        param,
        'invalid_value',
      );
    case 'bound':
      return outOfBounds(complaint, param);
    case 'pattern':
      return invalid(
        `Invalid '${param}': string does not match pattern. Expected a string that matches the pattern '${complaint.pattern}'.`,
        param,
        'invalid_value',
      );
    case 'other':
      return invalid(`Invalid '${param}': ${complaint.message}.`, param, 'invalid_value');
  }
}

function quoted(value: unknown): string {
  return typeof value === 'string' ? `'${value}'` : JSON.stringify(value);
}

function outOfBounds({ of, side, bound, received }: Extract<Complaint, { kind: 'bound' }>, param: string): Refused {
  if (of === 'number') {
    const kind = Number.isInteger(received) ? 'integer' : 'decimal';
    const [where, sign] = side === 'min' ? ['below minimum', '>='] : ['above maximum', '<='];
    return invalid(
      `Invalid '${param}': ${kind} ${where} value. Expected a value ${sign} ${bound}, but got ${String(received)} instead.`,
      param,
      `${kind}_${where.replace(' ', '_').replace('minimum', 'min').replace('maximum', 'max')}_value`,
    );
  }
  const length =
    typeof received === 'string' || Array.isArray(received) ? received.length : Object.keys(received as object).length;
  if (side === 'min' && length === 0 && of !== 'object') {
    return invalid(
      `Invalid '${param}': empty ${of}. Expected ${A[of]!} with minimum length ${bound}, but got an empty ${of} instead.`,
      param,
      `empty_${of}`,
    );
  }
  const [where, word, code] =
    side === 'min' ? ['short', 'minimum', 'below_min_length'] : ['long', 'maximum', 'above_max_length'];
  return invalid(
    `Invalid '${param}': ${of} too ${where}. Expected ${A[of]!} with ${word} length ${bound}, but got ${A[of]!} with length ${length} instead.`,
    param,
    `${of}_${code}`,
  );
}
