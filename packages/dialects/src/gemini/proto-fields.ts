import { Undecodable } from '../canonical/feature.ts';
import { isExactNumber } from '../json/exact.ts';
import { isObject, type JsonObject } from '../openai/accumulate.ts';
import { Fields } from '../openai/codec/fields.ts';

/**
 * An object in the JSON of a proto: every member may be written in camel case or under the proto's own name, and a lone object stands for
 * a list of one. Members are asked for in camel case, and named in errors as the client wrote them.
 */
export class ProtoFields extends Fields {
  /** Of all members, in camel case. */
  readonly names: readonly string[];
  readonly #written: ReadonlyMap<string, string>;

  constructor(value: unknown, path: string) {
    const { object, written } = inCamelCase(value, path);
    super(object, path);
    this.names = [...written.keys()];
    this.#written = written;
  }

  override at(name: string): string {
    return super.at(this.#written.get(name) ?? name);
  }

  /** An enum's value; they are sent in any case. */
  word(name: string): string | undefined {
    return this.text(name)?.toUpperCase();
  }

  override list(name: string): readonly unknown[] | undefined {
    const value = this.take(name);
    if (value === undefined || Array.isArray(value)) return value;
    if (isObject(value)) return [value];
    throw this.invalid(name, 'it must be an array');
  }

  override entries(name: string): ProtoFields[] {
    const path = this.at(name);
    return (this.list(name) ?? []).map((entry, index) => new ProtoFields(entry, `${path}[${index}]`));
  }

  override object(name: string): ProtoFields | undefined {
    const value = this.take(name);
    return value === undefined ? undefined : new ProtoFields(value, this.at(name));
  }

  texts(name: string): readonly string[] | undefined {
    const list = this.list(name);
    if (list === undefined || list.every((entry) => typeof entry === 'string')) return list;
    throw this.invalid(name, 'it must be an array of strings');
  }
}

function inCamelCase(value: unknown, path: string): { object: JsonObject; written: Map<string, string> } {
  if (!isObject(value) || isExactNumber(value)) throw new Undecodable('invalid', path, 'it must be an object');
  const written = new Map<string, string>();
  const members = Object.entries(value).map(([name, member]): [string, unknown] => {
    const camel = camelCase(name);
    const twin = written.get(camel);
    if (twin !== undefined) {
      throw new Undecodable('invalid', path === '' ? name : `${path}.${name}`, `it is given as '${twin}' as well`);
    }
    written.set(camel, name);
    return [camel, member];
  });
  return { object: Object.fromEntries(members), written };
}

function camelCase(name: string): string {
  return name.includes('_') ? name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase()) : name;
}
