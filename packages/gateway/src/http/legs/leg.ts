import type { IncomingHttpHeaders } from 'node:http';
import type { AnswerIdentity, Usage, WireHeaders } from '@offpeak/dialects';
import type { Tier } from '@offpeak/core';
import type { EngineRun } from '../../runs/engine-run.ts';
import type { KeptOwner } from '../../runs/kept-run.ts';
import type { RelayOwner } from '../../runs/relay-run.ts';
import type { Relay } from '../../runs/relay.ts';
import type { RunEnd } from '../../runs/run-end.ts';
import type { UnaryOwner } from '../../runs/unary-run.ts';
import type { Answer } from '../answer.ts';
import type { Asked } from '../asked.ts';
import type { Passages } from '../passages.ts';
import type { Receipt } from '../receipt.ts';
import type { Services } from '../services.ts';
import type { KeptThere } from '../stored/kept-there.ts';

/** What a leg works with: the request, its client's side, and who is told. */
export interface Journey {
  readonly services: Services;
  readonly receipt: Receipt;
  readonly asked: Asked;
  readonly passages: Passages;
  readonly answer: Answer;
  /** Made anew each time it is asked for, which only translation has a use for. */
  readonly identity: AnswerIdentity;
  readonly owner: UnaryOwner & RelayOwner & KeptOwner;
  /** As the client sent them. */
  readonly headers: IncomingHttpHeaders;
  /** The served tier in the mount's word. */
  servedWord(): string;
  /** The provider has said which tier it served. */
  tierTold(): void;
}

/** An answer in one piece, in the client's wire. */
export interface WholeAnswer {
  readonly usage: Usage | null;
  readonly pieces: readonly Buffer[];
}

/** One stay of a request at one upstream: what is sent there, and what is made of what comes back. */
export interface Leg {
  /** Null: it cannot go there after all; `refused` says why. */
  readonly run: EngineRun | null;
  /** A stream comes: what it goes through. */
  relayFor(headers: WireHeaders): Relay;
  /** Null: it is no answer of the upstream's wire. */
  whole(body: Buffer, headers: WireHeaders): WholeAnswer | null;
  /** What it means that the upstream failed inside its stream. */
  endOf(error: unknown): RunEnd;
  succeeded(): void;
  /** The upstream or the way to it broke. */
  lost(detail: string): void;
  /** It was turned away: for how long the upstream is to be left alone, where that is not the usual. */
  bounced(end: RunEnd): number | undefined;
  /** What the answer is called at its upstream, where that is the one that keeps it. */
  readonly keptThere: KeptThere | null;
  /** What the upstream itself says that it served: undefined where it has no say, null where it said nothing. */
  readonly servedTier: Tier | null | undefined;
}
