import { compileNames, type Names } from '../../json/names.ts';
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

/** Nova's messages look like OpenAI's from outside; its bounds and its system prompt stand beside them under names of its own. */
export function formOfBody(body: Buffer): InvokeForm {
  const scan = scanObject(body, INVOKE_NAMES);
  if (!scan.ok) return 'other';
  const { anthropic_version: version, messages, schemaVersion, inferenceConfig, system } = scan.members;
  if (version?.kind === 'string') return 'anthropic';
  const foreign = [schemaVersion, inferenceConfig, system].some(
    (member) => member !== undefined && member.kind !== 'null',
  );
  return messages?.kind === 'array' && !foreign ? 'openai' : 'other';
}

export function promptTokens({ members }: Scan<InvokeName>): number {
  return tokensOf([members.messages, members.system, members.tools, members.prompt, members.inputText]);
}

/** For a body that comes inside another. */
export function promptTokensIn(body: Buffer): number | ScanFault {
  const scan = scanObject(body, INVOKE_NAMES);
  return scan.ok ? promptTokens(scan) : scan;
}
