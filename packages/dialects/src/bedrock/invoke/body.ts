import { compileNames, type Names } from '../../json/names.ts';
import { isEmpty } from '../../json/read.ts';
import { scanObject, type Scan, type ScanFault } from '../../json/scan.ts';
import { tokensOf } from '../read-scanned.ts';

/** The members by which the forms are known, those that hold prompts, and those that bound the answers. */
const NAMES = [
  'anthropic_version',
  'schemaVersion',
  'messages',
  'system',
  'tools',
  'prompt',
  'inputText',
  'inferenceConfig',
  'textGenerationConfig',
  'max_tokens',
  'max_completion_tokens',
  'max_gen_len',
  'max_tokens_to_sample',
  'n',
] as const;

export type InvokeName = (typeof NAMES)[number];

export const INVOKE_NAMES: Names<InvokeName> = compileNames(NAMES);

/**
 * Whose form a body of InvokeModel has, which is the model's own: Anthropic's Messages, OpenAI's chat (gpt-oss, Qwen, Mistral and most
 * others), or one that only Bedrock understands (Nova's, Titan's, Llama's bare prompt).
 */
export type InvokeForm = 'anthropic' | 'openai' | 'other';

export interface InvokeScan {
  readonly ok: true;
  readonly form: InvokeForm;
  readonly scan: Scan<InvokeName>;
  readonly promptTokens: number;
}

export function scanInvoke(body: Buffer): InvokeScan | ScanFault {
  const scan = scanObject(body, INVOKE_NAMES);
  if (!scan.ok) return scan;
  return { ok: true, form: formOf(body, scan), scan, promptTokens: promptTokens(scan) };
}

export function formOf(body: Buffer, { members }: Scan<InvokeName>): InvokeForm {
  if (members.anthropic_version?.kind === 'string') return 'anthropic';
  const { messages, schemaVersion, inferenceConfig, system } = members;
  // Nova's messages look alike from outside; its bounds and its system prompt stand beside them under names of its own.
  if (schemaVersion !== undefined || inferenceConfig !== undefined || system !== undefined) return 'other';
  return messages?.kind === 'array' && !isEmpty(body, messages) ? 'openai' : 'other';
}

export function promptTokens({ members }: Scan<InvokeName>): number {
  return tokensOf([members.messages, members.system, members.tools, members.prompt, members.inputText]);
}
