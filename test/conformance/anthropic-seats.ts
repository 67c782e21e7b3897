import type Anthropic from '@anthropic-ai/sdk';
import { expect } from 'vitest';
import { Witness } from '../e2e/books.ts';
import type { House } from '../e2e/harness.ts';
import { OWN } from './anthropic-house.ts';
import type { AnthropicSdk, ClientOptions } from './anthropic-sdks.ts';

export interface Seat {
  readonly client: Anthropic;
  /** Requests that the SDK sent, its own retries included. */
  attempts(): number;
}

/** Clients of one house, each with a witness of its own. */
export class Seats {
  readonly witnesses: Witness[] = [];

  take(sdk: AnthropicSdk, house: House, options: ClientOptions = {}): Seat {
    const witness = new Witness();
    this.witnesses.push(witness);
    return { client: sdk.connect(house.url, { ...options, fetch: witness.fetch }), attempts: () => witness.attempts };
  }
}

export const ASK = { model: OWN.model, max_tokens: 4, messages: [{ role: 'user' as const, content: 'Hello' }] };
export const REQUEST_ID: string = expect.stringMatching(/^req_[0-9a-z]+$/) as string;
export const ONCE = { maxRetries: 0 };
