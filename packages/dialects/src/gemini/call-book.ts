import type { ProtoFields } from './proto-fields.ts';

interface OpenCall {
  /** As the client has it; older models give none, and then their clients have none. */
  readonly given: string | undefined;
  readonly name: string;
  /** As it is told to others, where every call of a conversation has one of its own. */
  readonly id: string;
}

/** Which result belongs to which call of a conversation: by id where there is one, else in turn among the calls of the same name. */
export class CallBook {
  readonly #open: OpenCall[] = [];
  readonly #taken = new Set<string>();
  #made = 0;

  call(given: string | undefined, name: string): string {
    const id = given !== undefined && !this.#taken.has(given) ? given : this.#make();
    this.#taken.add(id);
    this.#open.push({ given, name, id });
    return id;
  }

  answer(result: ProtoFields): { readonly callId: string; readonly name: string } {
    const given = result.text('id') || undefined;
    const name = result.text('name') || undefined;
    const at = this.#find(given, name);
    if (at >= 0) {
      const [call] = this.#open.splice(at, 1);
      return { callId: call!.id, name: call!.name };
    }
    if (name === undefined) throw result.invalid('name', 'it is missing; name the function whose result this is');
    if (given === undefined) throw result.invalid('name', 'no call of this function comes before its result');
    return { callId: given, name };
  }

  #find(given: string | undefined, name: string | undefined): number {
    const byId = given === undefined ? -1 : this.#open.findIndex((call) => call.given === given);
    if (byId >= 0) return byId;
    return this.#open.findIndex((call) => call.name === name && (given === undefined || call.given === undefined));
  }

  #make(): string {
    let id: string;
    do {
      id = `call_${this.#made}`;
      this.#made += 1;
    } while (this.#taken.has(id));
    return id;
  }
}
