import fc from 'fast-check';
import { expect, test } from 'vitest';
import { canonicalAnswer, streamOf, type AnswerCan } from './answers.ts';
import { collect } from './collect.ts';

const ALL: AnswerCan = {
  choicesMax: 3,
  refusals: true,
  thoughts: true,
  bareThoughts: true,
  states: ['anthropic', 'gemini'],
  callStates: ['gemini'],
  stops: ['end', 'stop', 'length', 'filtered'],
  stopSequences: true,
  logprobs: true,
  logprobBytes: true,
  texts: false,
  cacheWrite: true,
  callId: (call) => `call_${call}`,
};

test('an answer that is told as a stream and collected is the same answer', () => {
  fc.assert(
    fc.property(canonicalAnswer(ALL), fc.integer({ min: 1, max: 30 }), (answer, size) => {
      expect(collect(streamOf(answer, size))).toEqual(answer);
    }),
  );
});
