import fc from 'fast-check';
import type { Usage } from '../../dialect.ts';
import type { AnswerPart, CanonicalAnswer, Choice, StopReason, StreamPart, TokenLogprob } from '../answer.ts';
import type { OpaqueState } from '../request.ts';
import { json, name, sometimes, state, text } from './values.ts';

/** What answers a wire can give. */
export interface AnswerCan {
  readonly choicesMax: number;
  readonly refusals: boolean;
  readonly thoughts: boolean;
  readonly bareThoughts: boolean;
  readonly states: readonly OpaqueState['from'][];
  readonly callStates: readonly OpaqueState['from'][];
  /** Reasons other than `tool-calls`, which there is where there are calls. */
  readonly stops: readonly StopReason[];
  readonly stopSequences: boolean;
  readonly logprobs: boolean;
  readonly logprobBytes: boolean;
  /** Several texts in a row stay apart. */
  readonly texts: boolean;
  readonly cacheWrite: boolean;
  /** Ids of tool calls, as the wire or its decoder makes them. */
  readonly callId: (call: number) => string;
}

function usage(can: AnswerCan): fc.Arbitrary<Usage> {
  const count = fc.integer({ min: 0, max: 1_000 });
  return fc.tuple(count, count, count, count, count).map(([cached, fresh, written, said, reasoning]) => ({
    input: cached + fresh + (can.cacheWrite ? written : 0),
    cachedInput: cached,
    output: said + reasoning,
    reasoning,
    ...(can.cacheWrite && written > 0 ? { cacheWrite: written } : {}),
  }));
}

type LogprobEntry = TokenLogprob['top'][number];

function logprobs(can: AnswerCan): fc.Arbitrary<TokenLogprob[]> {
  const bare = fc.record({ token: text, logprob: fc.integer({ min: -90, max: -1 }).map((tenths) => tenths / 10) });
  const bytes = fc.array(fc.nat(255), { minLength: 1, maxLength: 3 });
  const entry = sometimes<LogprobEntry>(bare, can.logprobBytes, () => fc.record({ bytes }));
  const one = fc.tuple(entry, fc.array(entry, { maxLength: 2 })).map(([chosen, top]) => ({ ...chosen, top }));
  return fc.array(one, { minLength: 1, maxLength: 4 });
}

function thought(can: AnswerCan): fc.Arbitrary<AnswerPart> {
  const bare = text.map((value): AnswerPart => ({ kind: 'reasoning', text: value }));
  if (can.states.length === 0) return bare;
  const signed = fc.tuple(text, state(can.states)).map(([value, own]): AnswerPart => ({
    kind: 'reasoning',
    text: own.form === 'signature' || own.form === 'thoughtSignature' ? value : '',
    state: own,
  }));
  return can.bareThoughts ? fc.oneof(bare, signed) : signed;
}

type Call = Extract<AnswerPart, { kind: 'tool-call' }>;

function calls(can: AnswerCan): fc.Arbitrary<Call[]> {
  const bare = fc.record({
    kind: fc.constant('tool-call' as const),
    id: fc.constant(''),
    name,
    input: json.map((input) => JSON.stringify(input)),
  });
  const call = sometimes<Call>(bare, can.callStates.length > 0, () => fc.record({ state: state(can.callStates) }));
  return fc
    .array(call, { maxLength: 2 })
    .map((list) => list.map((part, index) => ({ ...part, id: can.callId(index) })));
}

function choice(can: AnswerCan): fc.Arbitrary<Choice> {
  const said = text.map((value): AnswerPart => ({ kind: 'text', text: value }));
  const declined = text.map((value): AnswerPart => ({ kind: 'refusal', text: value }));
  const words = can.refusals ? fc.oneof(said, declined) : said;
  return fc
    .record({
      thoughts: can.thoughts ? fc.array(thought(can), { maxLength: 1 }) : fc.constant([]),
      words: fc.array(words, { maxLength: can.texts ? 2 : 1 }),
      calls: calls(can),
      stop: fc.constantFrom(...can.stops),
      sequence: text,
      logprobs: fc.option(logprobs(can)),
    })
    .map((drawn): Choice => {
      const stop = drawn.calls.length > 0 ? 'tool-calls' : drawn.stop;
      const spoken = drawn.words.some((part) => part.kind === 'text');
      return {
        parts: [...drawn.thoughts, ...drawn.words, ...drawn.calls],
        stop,
        ...(stop === 'stop' && can.stopSequences ? { stopSequence: drawn.sequence } : {}),
        ...(can.logprobs && spoken && drawn.logprobs !== null ? { logprobs: drawn.logprobs } : {}),
      };
    });
}

/** Whole answers, without identity and tier: those are the writer's. */
export function canonicalAnswer(can: AnswerCan): fc.Arbitrary<CanonicalAnswer> {
  return fc.record({ choices: fc.array(choice(can), { minLength: 1, maxLength: can.choicesMax }), usage: usage(can) });
}

/** The text in pieces of at least `size` characters but the last, none of which ends in half a character. */
function pieces(whole: string, size: number): string[] {
  const found: string[] = [];
  let piece = '';
  for (const character of whole) {
    piece += character;
    if (piece.length < size) continue;
    found.push(piece);
    piece = '';
  }
  return piece === '' ? found : [...found, piece];
}

/** The same answer as a stream tells it, choice after choice, in pieces of `size`. */
export function streamOf(answer: CanonicalAnswer, size: number): StreamPart[] {
  const parts: StreamPart[] = [
    {
      kind: 'start',
      ...(answer.id === undefined ? {} : { id: answer.id }),
      ...(answer.model === undefined ? {} : { model: answer.model }),
    },
  ];
  answer.choices.forEach((entry, index) => {
    parts.push(...choiceParts(entry, index, size));
    const { stop, stopSequence } = entry;
    parts.push({ kind: 'finish', choice: index, stop, ...(stopSequence === undefined ? {} : { stopSequence }) });
  });
  if (answer.usage !== null) parts.push({ kind: 'usage', usage: answer.usage });
  return [...parts, { kind: 'end' }];
}

function choiceParts(entry: Choice, index: number, size: number): StreamPart[] {
  const parts: StreamPart[] = [];
  let call = 0;
  let logprobs = entry.logprobs;
  for (const part of entry.parts) {
    if (part.kind === 'tool-call') {
      const { id, name: tool, input, state: own } = part;
      const signed = own === undefined ? {} : { state: own };
      parts.push({ kind: 'tool-start', choice: index, call, id, name: tool, ...signed });
      for (const piece of pieces(input, size)) parts.push({ kind: 'tool-input', choice: index, call, json: piece });
      call += 1;
      continue;
    }
    for (const piece of pieces(part.text, size)) {
      const said = { choice: index, text: piece };
      if (part.kind === 'text' && logprobs !== undefined) parts.push({ kind: 'text', ...said, logprobs });
      else parts.push({ kind: part.kind, ...said });
      if (part.kind === 'text') logprobs = undefined;
    }
    if (part.kind === 'reasoning' && part.state !== undefined) {
      parts.push({ kind: 'reasoning-state', choice: index, state: part.state });
    }
  }
  return parts;
}
