import type { ProtoFields } from './proto-fields.ts';

interface Call {
  /** As the client has it; older models give none, and then their clients have none. */
  readonly given: string | undefined;
  readonly name: string;
  /** As it is told to others, where every call of a conversation has one of its own. */
  readonly id: string;
  answered: boolean;
}

/** Calls in the order in which they were made, of which some were answered. Each is passed by once: conversations can be long. */
class Turn {
  readonly #calls: Call[] = [];
  #at = 0;

  add(call: Call): void {
    this.#calls.push(call);
  }

  first(): Call | undefined {
    while (this.#calls[this.#at]?.answered === true) this.#at += 1;
    return this.#calls[this.#at];
  }
}

/** Which result belongs to which call of a conversation: by id where there is one, else in turn among the calls of the same name. */
export class CallBook {
  readonly #byId = new Map<string, Turn>();
  readonly #byName = new Map<string, Turn>();
  /** Only calls that were given no id. */
  readonly #nameless = new Map<string, Turn>();
  readonly #taken = new Set<string>();
  #made = 0;

  call(given: string | undefined, name: string): string {
    const id = given !== undefined && !this.#taken.has(given) ? given : this.#make();
    this.#taken.add(id);
    const call: Call = { given, name, id, answered: false };
    turnOf(this.#byName, name).add(call);
    if (given === undefined) turnOf(this.#nameless, name).add(call);
    else turnOf(this.#byId, given).add(call);
    return id;
  }

  answer(result: ProtoFields): { readonly callId: string; readonly name: string } {
    const given = result.text('id') || undefined;
    const name = result.text('name') || undefined;
    const call = this.#find(given, name);
    if (call !== undefined) {
      call.answered = true;
      return { callId: call.id, name: call.name };
    }
    if (name === undefined) throw result.invalid('name', 'it is missing; name the function whose result this is');
    if (given === undefined) throw result.invalid('name', 'no call of this function comes before its result');
    return { callId: given, name };
  }

  #find(given: string | undefined, name: string | undefined): Call | undefined {
    const byId = given === undefined ? undefined : this.#byId.get(given)?.first();
    if (byId !== undefined || name === undefined) return byId;
    return (given === undefined ? this.#byName : this.#nameless).get(name)?.first();
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

function turnOf(turns: Map<string, Turn>, key: string): Turn {
  let turn = turns.get(key);
  if (turn === undefined) turns.set(key, (turn = new Turn()));
  return turn;
}
