import type { WireRead } from '../../codec.ts';
import { splice, type Edits } from '../../json/edit.ts';
import { parseExact } from '../../json/exact.ts';
import { compileNames, type Names } from '../../json/names.ts';
import { readNumber } from '../../json/read.ts';
import { scanObject, type Member } from '../../json/scan.ts';
import { isObject } from '../accumulate.ts';
import { readRequest, type ReadRequest, type RequestName } from '../request.ts';
import { STATE_MEMBER } from './carried-state.ts';
import type { ChatTarget } from './flavour.ts';

const USAGE_NAMES: Names<'include_usage'> = compileNames(['include_usage']);
const withUsage = '{"include_usage":true}';
const stateBytes: Buffer = Buffer.from(`"${STATE_MEMBER}"`);

export function readChat(body: Buffer, target: ChatTarget): WireRead {
  const request = readRequest('chat', body);
  if (!request.ok) return request;
  const { n } = request.scan.members;
  return {
    ok: true,
    facts: request.facts,
    choices: n?.kind === 'number' ? readNumber(body, n) : 1,
    read: request,
    forward: (model, tierWord) => forwardChat(body, request, target, model, tierWord),
  };
}

/** A provider's stream always tells its usage, which is what is billed; who relays it keeps the usage from a client that did not ask. */
function forwardChat(
  body: Buffer,
  { scan, facts }: ReadRequest,
  target: ChatTarget,
  model: string,
  tierWord: string | null,
): Buffer {
  const { members } = scan;
  const edits: { -readonly [name in RequestName]?: Edits<RequestName>[name] } = {};
  if (model !== facts.model) edits.model = JSON.stringify(model);
  if (tierWord !== null && tierWord !== facts.tierWord) edits.service_tier = JSON.stringify(tierWord);
  if (tierWord === null && members.service_tier !== undefined) edits.service_tier = null;
  if (members.priority !== undefined) edits.priority = null;
  if (facts.stream && !facts.includeUsage && target.usageOption)
    edits.stream_options = optionsWithUsage(body, members.stream_options);
  if (members.messages !== undefined && body.includes(stateBytes))
    edits.messages = withoutState(body, members.messages);
  if (Object.keys(edits).length === 0) return body;
  const pieces = splice(body, scan, edits);
  return pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces);
}

function optionsWithUsage(body: Buffer, member: Member | undefined): string | readonly Buffer[] {
  if (member?.kind !== 'object') return withUsage;
  const options = body.subarray(member.start, member.end);
  const scan = scanObject(options, USAGE_NAMES);
  return scan.ok ? splice(options, scan, { include_usage: 'true' }) : withUsage;
}

/** Only after a conversation with another provider's model; the messages are written anew. */
function withoutState(body: Buffer, member: Member): string | Buffer {
  const bytes = body.subarray(member.start, member.end);
  let messages: unknown;
  try {
    messages = parseExact(bytes.toString('utf8'));
  } catch {
    // What the scan stepped over, the provider will refuse.
    return bytes;
  }
  if (Array.isArray(messages)) for (const message of messages) if (isObject(message)) delete message[STATE_MEMBER];
  return JSON.stringify(messages);
}
