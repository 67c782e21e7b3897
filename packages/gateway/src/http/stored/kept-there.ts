import { SseReader } from '@offpeak/dialects';

/** An answer that its provider keeps, by the names that it has there. */
export interface KeptThere {
  readonly id: string;
  /** Of its items, and of the containers that code ran in. */
  readonly items: readonly string[];
}

interface Item {
  readonly id?: unknown;
  readonly container_id?: unknown;
  readonly environment?: { readonly container_id?: unknown } | null;
}

/** An answer has fewer; what more there is cannot be named by later requests of a project that shares its key. */
const ITEMS_MAX = 1_000;
/** The answer's own id is in the first event; a provider that does not tell it there never does. */
const EVENTS_LOOKED_AT = 4;
const OF_AN_ITEM = '"response.output_item.';

interface Event {
  readonly response?: { readonly id?: unknown } | null;
  readonly item?: Item | null;
}

/** The names in a stream that is passed on as bytes. */
export class KeptInStream {
  #kept: { readonly id: string; readonly items: string[] } | null = null;
  readonly #reader = new SseReader();
  #events = 0;

  get kept(): KeptThere | null {
    return this.#kept;
  }

  /** Takes whole events. Nearly all of them are words of the answer, which are not read here. */
  push(events: Buffer): void {
    if (this.#kept === null ? this.#events > EVENTS_LOOKED_AT : !events.includes(OF_AN_ITEM)) return;
    for (const data of this.#reader.push(events)) {
      this.#events += 1;
      if (this.#kept === null) this.#begin(eventIn(data)?.response?.id);
      else if (data.includes(OF_AN_ITEM)) this.#add(this.#kept.items, namesOf(eventIn(data)?.item));
    }
  }

  #begin(id: unknown): void {
    if (typeof id === 'string') this.#kept = { id, items: [] };
  }

  /** An item is told of twice, when it begins and when it is done. */
  #add(items: string[], names: readonly string[]): void {
    for (const name of names) if (items.length < ITEMS_MAX && !items.includes(name)) items.push(name);
  }
}

/** The same of an answer in one piece. */
export function keptIn(body: Buffer): KeptThere | null {
  const { id, output } = JSON.parse(body.toString('utf8')) as { id?: unknown; output?: unknown };
  if (typeof id !== 'string') return null;
  const names = Array.isArray(output) ? (output as (Item | null)[]).flatMap(namesOf) : [];
  return { id, items: [...new Set(names)].slice(0, ITEMS_MAX) };
}

/** Whether it is of its wire, the stream's watcher says: a mark of the end in other wires' words is passed on, too. */
function eventIn(data: string): Event | null {
  try {
    return JSON.parse(data) as Event | null;
  } catch {
    return null;
  }
}

function namesOf(item: Item | null | undefined): string[] {
  const names = [item?.id, item?.container_id, item?.environment?.container_id];
  return names.filter((name) => typeof name === 'string');
}
