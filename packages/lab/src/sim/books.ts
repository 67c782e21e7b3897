import { isEvictable } from '@offpeak/core';
import type { RunCollector } from '../measure/run-collector.ts';
import { tokensOf, type LabTicket } from './ticket.ts';

/**
 * Counts tokens as they are won: a prompt when its first token is out, an answer's tokens as they come. What flex computed and
 * nobody got, or got before, is lost: prompts read again, prompts read in vain.
 */
export class Books {
  readonly #collector: RunCollector;
  /** Computed by evictable tiers, and the part of it that was for nothing; in the measured span. */
  flexComputed = 0;
  flexLost = 0;
  measuring = true;

  constructor(collector: RunCollector) {
    this.#collector = collector;
  }

  promptRead(ticket: LabTicket, atMs: number): void {
    const run = ticket.run!;
    const computed = run.request.promptTokens - run.cachedTokens;
    this.#computes(ticket, computed);
    if (ticket.promptBooked) {
      this.#loses(ticket, computed);
      return;
    }
    ticket.promptBooked = true;
    this.#wins(ticket, ticket.request.inputTokens, atMs);
    // What is found in the cache was not read in vain after all.
    this.#loses(ticket, -Math.min(ticket.dropped, run.cachedTokens));
  }

  /** Before a run ends, and now and then. */
  settle(ticket: LabTicket, atMs: number): void {
    const tokens = tokensOf(ticket);
    this.#wins(ticket, tokens - ticket.booked, atMs);
    this.#computes(ticket, tokens - ticket.booked);
    ticket.booked = tokens;
  }

  /** The run is about to be taken off its engine; in the middle of its prompt, that was for nothing. */
  dropped(ticket: LabTicket): void {
    const run = ticket.run!;
    if (ticket.firstStep >= 0) return;
    const computed = Math.max(0, run.computedTokens - run.cachedTokens);
    ticket.dropped += computed;
    this.#computes(ticket, computed);
    this.#loses(ticket, computed);
  }

  /** The engine dropped what it had computed for the run, and will compute it again. */
  recomputes(ticket: LabTicket): void {
    const { request, generatedTokens } = ticket.run!;
    this.#computes(ticket, request.promptTokens + generatedTokens);
    this.#loses(ticket, request.promptTokens + generatedTokens);
  }

  #wins(ticket: LabTicket, tokens: number, atMs: number): void {
    if (tokens > 0) this.#collector.computed(ticket.tier, atMs, tokens);
  }

  #computes(ticket: LabTicket, tokens: number): void {
    if (this.measuring && isEvictable(ticket.tier)) this.flexComputed += tokens;
  }

  #loses(ticket: LabTicket, tokens: number): void {
    if (this.measuring && isEvictable(ticket.tier)) this.flexLost += tokens;
  }
}
