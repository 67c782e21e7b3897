import { compileNames, type Names } from '../json/names.ts';
import { mistyped, Refused } from '../json/routed.ts';
import { readString } from '../json/read.ts';
import type { Member } from '../json/scan.ts';
import { promptTokensIn } from './invoke/body.ts';
import { nested, tokensOf } from './read-scanned.ts';

const FORMS: Names<'converse' | 'invokeModel'> = compileNames(['converse', 'invokeModel']);
const CONVERSE: Names<'messages' | 'system' | 'toolConfig'> = compileNames(['messages', 'system', 'toolConfig']);
const INVOKE: Names<'body'> = compileNames(['body']);

const EITHER = "it must be an object with either 'converse' or 'invokeModel'";

/** What the prompt of a count comes to, whose two forms are those of the two operations. */
export function countedTokens(body: Buffer, member: Member | undefined): number {
  const input = nested(body, 'input', member, FORMS);
  if (input === undefined) throw new Refused('input', `it is missing; ${EITHER}`);
  const { members } = input.scan;
  const converse = nested(input.body, 'input.converse', members.converse, CONVERSE);
  const invoke = nested(input.body, 'input.invokeModel', members.invokeModel, INVOKE);
  if ((converse === undefined) === (invoke === undefined)) throw new Refused('input', EITHER);
  if (converse !== undefined) {
    const { messages, system, toolConfig } = converse.scan.members;
    return tokensOf([messages, system, toolConfig]);
  }
  return invokeTokens(invoke!.body, invoke!.scan.members.body);
}

function invokeTokens(body: Buffer, member: Member | undefined): number {
  const param = 'input.invokeModel.body';
  if (member === undefined) throw new Refused(param, "it is missing; it must be the model's own request in base64");
  const text = member.kind === 'string' ? readString(body, member) : undefined;
  if (text === undefined) throw mistyped(body, param, member, "the model's own request in base64");
  const tokens = promptTokensIn(Buffer.from(text, 'base64'));
  if (typeof tokens === 'number') return tokens;
  throw new Refused(param, `what is in it is not valid JSON: ${tokens.detail}`);
}
