import type { Usage } from '../../dialect.ts';
import type { AnswerPart, CanonicalAnswer, Choice, StreamPart, TokenLogprob } from '../answer.ts';

interface Growing {
  readonly parts: AnswerPart[];
  readonly logprobs: TokenLogprob[];
  /** Where each tool call stands in `parts`. */
  readonly calls: Map<number, number>;
  /** The last part can still grow: nothing of another kind came since, and no state closed it. */
  open: boolean;
  end: Pick<Choice, 'stop' | 'stopSequence'> | undefined;
}

/** The whole answer that a stream tells, so that it can be compared with one that came in one piece. */
export function collect(stream: readonly StreamPart[]): CanonicalAnswer {
  const choices: Growing[] = [];
  let usage: Usage | null = null;
  let head: Pick<CanonicalAnswer, 'id' | 'model' | 'tierWord'> = {};
  for (const part of stream) {
    if (part.kind === 'error') throw new Error(part.failure.message);
    if (part.kind === 'end') continue;
    if (part.kind === 'start' || part.kind === 'usage') {
      usage = part.usage ?? usage;
      if (part.kind === 'start' && part.id !== undefined) head = { ...head, id: part.id };
      if (part.kind === 'start' && part.model !== undefined) head = { ...head, model: part.model };
      if (part.tierWord !== undefined) head = { ...head, tierWord: part.tierWord };
      continue;
    }
    add((choices[part.choice] ??= { parts: [], logprobs: [], calls: new Map(), open: false, end: undefined }), part);
  }
  return { ...head, choices: choices.map(closed), usage };
}

function closed({ parts, logprobs, end }: Growing): Choice {
  if (end === undefined) throw new Error('a choice did not finish');
  return { parts, ...end, ...(logprobs.length === 0 ? {} : { logprobs }) };
}

type ChoicePart = Exclude<StreamPart, { kind: 'start' | 'usage' | 'error' | 'end' }>;

function add(choice: Growing, part: ChoicePart): void {
  const { parts } = choice;
  const last = parts.at(-1);
  switch (part.kind) {
    case 'text':
    case 'refusal':
    case 'reasoning':
      if (part.kind === 'text' && part.logprobs !== undefined) choice.logprobs.push(...part.logprobs);
      if (part.text === '') return;
      if (choice.open && last?.kind === part.kind) parts[parts.length - 1] = { ...last, text: last.text + part.text };
      else parts.push({ kind: part.kind, text: part.text });
      choice.open = true;
      return;
    case 'reasoning-state':
      if (choice.open && last?.kind === 'reasoning') parts[parts.length - 1] = { ...last, state: part.state };
      else parts.push({ kind: 'reasoning', text: '', state: part.state });
      choice.open = false;
      return;
    case 'tool-start':
      choice.calls.set(part.call, parts.length);
      parts.push({
        kind: 'tool-call',
        id: part.id,
        name: part.name,
        input: '',
        ...(part.state === undefined ? {} : { state: part.state }),
      });
      choice.open = false;
      return;
    case 'tool-input': {
      const at = choice.calls.get(part.call);
      const call = at === undefined ? undefined : parts[at];
      if (at === undefined || call?.kind !== 'tool-call') throw new Error('input of a call that did not start');
      parts[at] = { ...call, input: call.input + part.json };
      return;
    }
    case 'finish':
      choice.end = { stop: part.stop, ...(part.stopSequence === undefined ? {} : { stopSequence: part.stopSequence }) };
  }
}
