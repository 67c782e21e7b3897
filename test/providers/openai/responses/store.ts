import type OpenAI from 'openai';
import type { Item } from './schema.ts';

export type WireResponse = Omit<OpenAI.Responses.Response, 'output_text'>;
export type Event = OpenAI.Responses.ResponseStreamEvent;

/** A response that can be asked for again. */
export interface Stored {
  response: WireResponse;
  /** What it comes to, once it is ready. */
  readonly final: WireResponse;
  /** All that was said before and with it. */
  readonly history: readonly Item[];
  readonly events: readonly Event[];
  /** How often it is still told as not ready. */
  polls: number;
}

export type ResponseStore = Map<string, Stored>;
