import { fromBase64, sniffed } from '../media.ts';
import { invalid, refused } from './errors.ts';
import { modelCalled, type AnthropicModel } from './models.ts';
import type { ApiVersion, Block, CountRequest, Message, MessagesRequest } from './schema.ts';
import { isOurSignature } from './signature.ts';

export function knownModel(id: string): AnthropicModel {
  const model = modelCalled(id);
  if (model === undefined) throw refused('not_found_error', `model: ${id}`);
  return model;
}

/** What no schema can say about a request. */
export function checkMessages(body: MessagesRequest, model: AnthropicModel, version: ApiVersion): void {
  if (body.max_tokens > model.maxTokens) {
    throw invalid(
      `max_tokens: ${body.max_tokens} > ${model.maxTokens}, which is the maximum allowed number of output tokens for ${model.id}`,
    );
  }
  if (body.speed === 'fast' && !model.fast) throw invalid(`speed: fast mode is not supported for ${model.id}`);
  for (const stop of body.stop_sequences ?? []) {
    if (stop.trim() === '') throw invalid('stop_sequences: each stop sequence must contain non-whitespace');
  }
  checkThinking(body, model);
  checkSampling(body, model);
  checkCounted(body, model, version);
}

/** What counting tokens refuses as well. */
export function checkCounted(body: CountRequest, model: AnthropicModel, version: ApiVersion): void {
  checkTools(body);
  checkConversation(body.messages, body.thinking?.type === 'enabled', model);
  checkSystem(body.system);
  for (const [index, message] of body.messages.entries()) checkMessage(message, `messages.${index}`, version);
  checkCaching(body);
  if (body.output_config?.effort !== undefined && body.output_config.effort !== null && !model.effort) {
    throw invalid('This model does not support the effort parameter.');
  }
  checkClosed(body.output_config?.format?.schema);
}

const BUDGET_MESSAGE =
  '`max_tokens` must be greater than `thinking.budget_tokens`. Please consult our documentation at https://docs.claude.com/en/docs/build-with-claude/extended-thinking#max-tokens-and-context-window-size';

function checkThinking(
  { thinking, max_tokens: maxTokens, output_config: output, tool_choice: choice }: MessagesRequest,
  model: AnthropicModel,
): void {
  const forced = choice?.type === 'any' || choice?.type === 'tool';
  if (forced && !model.forcedTools) throw invalid(`tool_choice: forcing tool use is not supported for ${model.id}.`);
  if (thinking === undefined) return;
  if (!model.thinking.includes(thinking.type)) {
    const instead = model.thinking.includes('adaptive')
      ? 'Use "thinking.type.adaptive" and "output_config.effort" to control thinking behavior.'
      : 'Use "thinking.type.enabled" and "thinking.enabled.budget_tokens".';
    throw invalid(`"thinking.type.${thinking.type}" is not supported for this model. ${instead}`);
  }
  if (thinking.type === 'disabled' || thinking.type === 'between_tools') {
    const effort = output?.effort;
    if (model.id === 'claude-opus-5' && (effort === 'xhigh' || effort === 'max')) {
      throw invalid(`"thinking.type.disabled" is not supported with effort '${effort}'.`);
    }
    return;
  }
  if (thinking.type === 'enabled' && thinking.budget_tokens >= maxTokens) throw invalid(BUDGET_MESSAGE);
  if (forced) throw invalid('Thinking may not be enabled when tool_choice forces tool use.');
}

const TOP_P_NEUTRAL_MIN = 0.99;
const TOP_P_THINKING_MIN = 0.95;

function checkSampling(
  { thinking, temperature, top_p: topP, top_k: topK }: MessagesRequest,
  model: AnthropicModel,
): void {
  if (!model.sampling) {
    if (temperature !== undefined && temperature !== 1) throw invalid('`temperature` is deprecated for this model.');
    if (topP !== undefined && topP < TOP_P_NEUTRAL_MIN) throw invalid('`top_p` is deprecated for this model.');
    if (topK !== undefined) throw invalid('`top_k` is deprecated for this model.');
    return;
  }
  if (temperature !== undefined && topP !== undefined) {
    throw invalid('`temperature` and `top_p` cannot both be specified for this model. Please use only one.');
  }
  if (thinking?.type !== 'enabled' && thinking?.type !== 'adaptive') return;
  if (temperature !== undefined && temperature !== 1) {
    throw invalid('`temperature` may only be set to 1 when thinking is enabled or in adaptive mode.');
  }
  if (topP !== undefined && topP < TOP_P_THINKING_MIN) {
    throw invalid(
      '`top_p` must be greater than or equal to 0.95 or unset when thinking is enabled or in adaptive mode.',
    );
  }
  if (topK !== undefined) throw invalid('`top_k` must be unset when thinking is enabled or in adaptive mode.');
}

function checkTools({ tools = [], tool_choice: choice }: CountRequest): void {
  const names = new Set<string>();
  for (const { name } of tools) {
    if (names.has(name)) throw invalid('tools: Tool names must be unique.');
    names.add(name);
  }
  if (choice === undefined || choice.type === 'none') return;
  if (tools.length === 0) throw invalid('tool_choice: tool_choice may only be specified while providing tools.');
  if (choice.type === 'tool' && !names.has(choice.name)) {
    throw invalid(`tool_choice.tool.name: Tool '${choice.name}' not found in provided tools`);
  }
}

/** Turns of one role may follow each other: they are read as one. */
function checkConversation(messages: readonly Message[], thinks: boolean, model: AnthropicModel): void {
  if (messages[0]?.role === 'system') {
    throw invalid("messages.0: use the top-level 'system' parameter for the initial system prompt");
  }
  if (messages[0]?.role === 'assistant') throw invalid('messages: first message must use the "user" role');
  for (const [index, { role }] of messages.entries()) {
    if (role !== 'system') continue;
    if (!model.systemLater) throw invalid("role 'system' is not supported on this model");
    if (messages[index - 1]!.role !== 'user')
      throw invalid(`messages.${index}: a 'system' message must follow a 'user' message`);
  }
  const last = messages.at(-1)!;
  if (last.role === 'assistant' && !model.prefill) {
    throw invalid(
      'This model does not support assistant message prefill. The conversation must end with a user message.',
    );
  }
  checkResults(messages);
  if (thinks) checkThoughtsKept(messages);
}

interface Turn {
  readonly role: Message['role'];
  /** Where the turn begins. */
  readonly index: number;
  readonly blocks: readonly Block[];
}

/** Messages with what one side says in a row put together; system messages are said by nobody. */
export function turnsOf(messages: readonly Message[]): Turn[] {
  const turns: { role: Message['role']; index: number; blocks: Block[] }[] = [];
  for (const [index, { role, content }] of messages.entries()) {
    if (role === 'system') continue;
    const blocks: readonly Block[] = typeof content === 'string' ? [{ type: 'text', text: content }] : content;
    const before = turns.at(-1);
    if (before?.role === role) before.blocks.push(...blocks);
    else turns.push({ role, index, blocks: [...blocks] });
  }
  return turns;
}

function checkResults(messages: readonly Message[]): void {
  const turns = turnsOf(messages);
  for (const [at, { role, index, blocks }] of turns.entries()) {
    const before = turns[at - 1];
    const calls = new Set((before?.blocks ?? []).flatMap((block) => (block.type === 'tool_use' ? [block.id] : [])));
    const results = blocks.flatMap((block) => (block.type === 'tool_result' ? [block.tool_use_id] : []));
    const strange = role === 'user' ? results.find((id) => !calls.has(id)) : results[0];
    if (strange !== undefined) {
      throw invalid(
        `messages.${index}.content.0: unexpected \`tool_use_id\` found in \`tool_result\` blocks: ${strange}. Each \`tool_result\` block must have a corresponding \`tool_use\` block in the previous message.`,
      );
    }
    const missing = [...calls].filter((id) => !results.includes(id));
    if (missing.length > 0) throw unanswered(before!.index, missing);
    const firstOther = blocks.findIndex((block) => block.type !== 'tool_result');
    if (calls.size > 0 && firstOther >= 0 && firstOther < results.length) throw unanswered(before!.index, [...calls]);
  }
  const last = turns.at(-1)!;
  const open =
    last.role === 'assistant' ? last.blocks.flatMap((block) => (block.type === 'tool_use' ? [block.id] : [])) : [];
  if (open.length > 0) throw unanswered(last.index, open);
}

function unanswered(index: number, ids: readonly string[]) {
  return invalid(
    `messages.${index}: \`tool_use\` ids were found without \`tool_result\` blocks immediately after: ${ids.join(', ')}. Each \`tool_use\` block must have a corresponding \`tool_result\` block in the next message.`,
  );
}

/** A model that thinks up front is shown its own thoughts before the calls that they led to. */
function checkThoughtsKept(messages: readonly Message[]): void {
  const turns = turnsOf(messages);
  const last = turns.findLast(({ role }) => role === 'assistant');
  if (last === undefined || !last.blocks.some((block) => block.type === 'tool_use')) return;
  const first = last.blocks[0]!.type;
  if (first !== 'thinking' && first !== 'redacted_thinking') {
    throw invalid(
      `messages.${last.index}.content.0.type: Expected \`thinking\` or \`redacted_thinking\`, but found \`${first}\`. When \`thinking\` is enabled, a final \`assistant\` message must start with a thinking block (preceeding the lastmost set of \`tool_use\` and \`tool_result\` blocks). We recommend you include thinking blocks from previous turns. To avoid this requirement, disable \`thinking\`. Please consult our documentation at https://docs.claude.com/en/docs/build-with-claude/extended-thinking`,
    );
  }
}

function checkSystem(system: CountRequest['system']): void {
  if (!Array.isArray(system)) return;
  if (system.some(({ text }) => text === '')) throw invalid('system: text content blocks must be non-empty');
}

function checkMessage({ role, content }: Message, where: string, version: ApiVersion): void {
  if (content.length === 0 && role !== 'assistant')
    throw invalid(`${where}: ${role} messages must have non-empty content`);
  if (typeof content === 'string') return;
  for (const [index, block] of content.entries()) {
    const path = `${where}.content.${index}`;
    checkBlock(block, path);
    if (role === 'user' && version === '2026-10-21' && block.type === 'text' && (block.citations?.length ?? 0) > 0) {
      throw invalid(`${path}.text.citations: Extra inputs are not permitted`);
    }
    if (role !== 'assistant') continue;
    if (block.type === 'image' || (block.type === 'document' && version === '2026-10-21')) {
      throw invalid(`${path}: \`${block.type}\` blocks are not permitted in assistant messages`);
    }
  }
}

function checkBlock(block: Block, path: string): void {
  switch (block.type) {
    case 'text':
      if (block.text === '') throw invalid('messages: text content blocks must be non-empty');
      if (block.text.trim() === '') throw invalid('messages: text content blocks must contain non-whitespace text');
      return;
    case 'image':
      if (block.source.type === 'base64') checkImage(block.source, `${path}.image.source.base64`);
      return;
    case 'document':
      if (block.source.type === 'base64') checkPdf(block.source.data, `${path}.document.source.base64`);
      return;
    case 'thinking':
      if (!isOurSignature(block.signature, block.thinking))
        throw invalid(`${path}: Invalid \`signature\` in \`thinking\` block`);
      return;
    case 'tool_result':
      if (Array.isArray(block.content)) {
        for (const [index, inner] of block.content.entries()) {
          if (inner.type !== 'tool_reference') checkBlock(inner, `${path}.tool_result.content.${index}`);
        }
      }
      return;
    default:
  }
}

function checkImage({ media_type: told, data }: { media_type: string; data: string }, path: string): void {
  const bytes = fromBase64(data);
  if (bytes === null) throw invalid(`${path}.data: Invalid base64 data`);
  const type = sniffed(bytes);
  if (type?.startsWith('image/') !== true) throw invalid(`${path}: Could not process image`);
  if (type !== told) {
    throw invalid(
      `${path}.media_type: The image was specified using the ${told} media type, but the image appears to be a ${type} image`,
    );
  }
}

function checkPdf(data: string, path: string): void {
  const bytes = fromBase64(data);
  if (bytes === null) throw invalid(`${path}.data: Invalid base64 data`);
  if (sniffed(bytes) !== 'application/pdf') throw invalid(`${path}.data: The PDF specified was not valid.`);
}

const CACHE_BLOCKS_MAX = 4;

function checkCaching(body: CountRequest): void {
  const found = JSON.stringify(body).match(/"cache_control":\{/g)?.length ?? 0;
  if (found > CACHE_BLOCKS_MAX) {
    throw invalid(`A maximum of ${CACHE_BLOCKS_MAX} blocks with cache_control may be provided. Found ${found}.`);
  }
}

/** The schema of an answer closes every object. */
function checkClosed(schema: unknown): void {
  if (schema === null || typeof schema !== 'object') return;
  const { type, additionalProperties } = schema as Record<string, unknown>;
  if (type === 'object' && additionalProperties !== false) {
    throw invalid(
      "output_config.format.schema: For 'object' type, 'additionalProperties' must be explicitly set to false",
    );
  }
  for (const inner of Object.values(schema)) checkClosed(inner);
}
