import { SseReader } from '@offpeak/dialects';

/** An answer that its provider keeps, by the names that it has there. */
export interface KeptThere {
  readonly id: string;
  /** Of its items. */
  readonly items: readonly string[];
}

/** An answer has fewer; what more there is cannot be named by later requests of a project that shares its key. */
const ITEMS_MAX = 1_000;
/** The answer's own id is in the first event; a provider that does not tell it there never does. */
const EVENTS_LOOKED_AT = 4;
const OF_AN_ITEM = '"response.output_item.';

interface Event {
  readonly response?: { readonly id?: unknown };
  readonly item?: { readonly id?: unknown };
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
      if (this.#kept === null) this.#begin((JSON.parse(data) as Event).response?.id);
      else if (data.includes(OF_AN_ITEM)) this.#add(this.#kept.items, (JSON.parse(data) as Event).item?.id);
    }
  }

  #begin(id: unknown): void {
    if (typeof id === 'string') this.#kept = { id, items: [] };
  }

  /** An item is told of twice, when it begins and when it is done. */
  #add(items: string[], id: unknown): void {
    if (typeof id === 'string' && items.length < ITEMS_MAX && !items.includes(id)) items.push(id);
  }
}

/** The same of an answer in one piece. */
export function keptIn(body: Buffer): KeptThere | null {
  const { id, output } = JSON.parse(body.toString('utf8')) as { id?: unknown; output?: unknown };
  if (typeof id !== 'string') return null;
  const items = Array.isArray(output) ? (output as ({ id?: unknown } | null)[]).map((item) => item?.id) : [];
  return { id, items: items.filter((item): item is string => typeof item === 'string').slice(0, ITEMS_MAX) };
}
