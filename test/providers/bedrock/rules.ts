import { fromBase64, sniffed } from '../media.ts';
import { invalid } from './errors.ts';
import { modelCalled, type BedrockModel } from './models.ts';
import type { ContentBlock, ConverseRequest, Message } from './schema.ts';

export function knownModel(name: string): BedrockModel {
  const found = modelCalled(name);
  if (found === undefined) throw invalid('The provided model identifier is invalid.');
  if (!found.model.onDemand && !found.byProfile) {
    throw invalid(
      `Invocation of model ID ${name} with on-demand throughput isn’t supported. Retry your request with the ID or ARN of an inference profile that contains this model.`,
    );
  }
  return found.model;
}

export function checkTier(tier: string | undefined, model: BedrockModel): void {
  if (tier !== undefined && !model.tiers.some((known) => known === tier)) {
    throw invalid(`The service tier ${tier} is not supported for the provided model.`);
  }
}

/** What no schema can say about a request. */
export function checkConverse(body: ConverseRequest, model: BedrockModel): void {
  checkTier(body.serviceTier?.type, model);
  checkInference(body, model);
  checkTools(body, model);
  checkAdditional(body.additionalModelRequestFields, model);
  checkFormat(body);
  for (const [index, part] of (body.system ?? []).entries()) exactlyOne(part, `system.${index}`, 'SystemContentBlock');
  checkConversation(body, model);
}

type Conversation = Pick<ConverseRequest, 'messages' | 'toolConfig'>;

export function checkConversation({ messages = [], toolConfig }: Conversation, model: BedrockModel): void {
  if (messages.length === 0)
    throw invalid(
      "1 validation error detected: Value null at 'messages' failed to satisfy constraint: Member must not be null",
    );
  checkRoles(messages, model);
  for (const [index, message] of messages.entries()) checkMessage(message, index, model);
  checkResults(messages);
  const usesTools = messages.some(({ content }) =>
    content.some((block) => block.toolUse !== undefined || block.toolResult !== undefined),
  );
  if (usesTools && toolConfig === undefined) {
    throw invalid('The toolConfig field must be defined when using toolUse and toolResult content blocks.');
  }
}

function unsupported(field: string): Error {
  return invalid(`This model doesn't support the ${field} field. Remove ${field} and try again.`);
}

function checkInference({ inferenceConfig = {} }: ConverseRequest, model: BedrockModel): void {
  if (inferenceConfig.stopSequences !== undefined && !model.stops) throw unsupported('stopSequences');
  const { maxTokens } = inferenceConfig;
  if (maxTokens !== undefined && maxTokens > model.maxTokens) {
    throw invalid(
      `The maximum tokens you requested exceeds the model limit of ${model.maxTokens}. Try again with a maximum tokens value that is lower than ${model.maxTokens}.`,
    );
  }
  if (
    model.claude?.includes('opus-4-8') === true &&
    inferenceConfig.temperature !== undefined &&
    inferenceConfig.temperature !== 1
  ) {
    throw invalid('The model returned the following errors: `temperature` is deprecated for this model.');
  }
}

function checkTools({ toolConfig }: ConverseRequest, model: BedrockModel): void {
  if (toolConfig === undefined) return;
  const names = new Set<string>();
  for (const [index, tool] of toolConfig.tools.entries()) {
    const where = `toolConfig.tools.${index}`;
    exactlyOne(tool, where, 'Tool');
    if (tool.toolSpec === undefined) continue;
    const { name, inputSchema } = tool.toolSpec;
    if (names.has(name)) throw invalid(`The tool configuration contains duplicate tool names: ${name}`);
    names.add(name);
    if ((inputSchema.json as { type?: unknown } | undefined)?.type !== 'object') {
      throw invalid(`The value at ${where}.toolSpec.inputSchema.json.type must be one of the following: object.`);
    }
  }
  if (toolConfig.toolChoice === undefined) return;
  exactlyOne(toolConfig.toolChoice, 'toolConfig.toolChoice', 'ToolChoice');
  const [kind] = Object.keys(toolConfig.toolChoice) as ['auto' | 'any' | 'tool'];
  if (!model.choices.includes(kind)) throw unsupported(`toolConfig.toolChoice.${kind}`);
  const wanted = toolConfig.toolChoice.tool?.name;
  if (wanted !== undefined && !names.has(wanted))
    throw invalid(`Tool '${wanted}' in toolChoice is not defined in toolConfig.tools.`);
}

/** What the makers' own bodies have beyond what all models understand. */
const ADDITIONAL: Readonly<Record<string, readonly string[]>> = {
  anthropic: ['thinking', 'top_k', 'anthropic_beta', 'output_config', 'tool_choice'],
  amazon: ['inferenceConfig', 'reasoningConfig'],
  openai: ['reasoning_effort'],
  qwen: [],
  meta: [],
};

function checkAdditional(fields: unknown, model: BedrockModel): void {
  if (fields === undefined) return;
  const known = ADDITIONAL[model.id.split('.')[0]!]!;
  const unknown = Object.keys(fields as object).find((key) => !known.includes(key));
  if (unknown !== undefined) {
    throw invalid(
      `Malformed input request: #: extraneous key [${unknown}] is not permitted, please reformat your input and try again.`,
    );
  }
}

function checkFormat({ outputConfig }: ConverseRequest): void {
  const schema = outputConfig?.textFormat?.structure.jsonSchema?.schema;
  if (schema === undefined) return;
  try {
    JSON.parse(schema);
  } catch {
    throw invalid('The value at outputConfig.textFormat.structure.jsonSchema.schema is not valid JSON.');
  }
}

function checkRoles(messages: readonly Message[], model: BedrockModel): void {
  if (messages[0]!.role !== 'user') {
    throw invalid(
      'A conversation must start with a user message. Try again with a conversation that starts with a user message.',
    );
  }
  for (const [index, { role }] of messages.entries()) {
    if (role === 'system') throw invalid("This model doesn't support the system role in messages.");
    if (index > 0 && messages[index - 1]!.role === role) {
      throw invalid(
        'A conversation must alternate between user and assistant roles. Make sure the conversation alternates between user and assistant roles and try again.',
      );
    }
  }
  if (messages.at(-1)!.role === 'assistant' && !model.prefill) {
    throw invalid(
      'The model that you are using requires the last turn in the conversation to be a user message. Add a user message to the conversation and try again.',
    );
  }
}

function checkMessage({ role, content }: Message, index: number, model: BedrockModel): void {
  if (content.length === 0) {
    throw invalid(
      `The content field in the Message object at messages.${index} is empty. Add a ContentBlock object to the content field and try again.`,
    );
  }
  for (const [at, block] of content.entries()) {
    const where = `messages.${index}.content.${at}`;
    exactlyOne(block, where, 'ContentBlock');
    checkBlock(block, where, role, model);
  }
  const documents = content.flatMap(({ document }) => (document === undefined ? [] : [document.name]));
  if (documents.length > 0 && !content.some(({ text }) => text !== undefined)) {
    throw invalid('A text block must be included with a document. Add a text block and try again.');
  }
  if (new Set(documents).size < documents.length) {
    throw invalid('The message contains documents with duplicate names. Make sure the names are unique and try again.');
  }
}

/** Unions have one member: AWS says so of every one of them. */
function exactlyOne(value: object, where: string, union: string): void {
  const set = Object.keys(value);
  if (set.length !== 1) {
    throw invalid(
      `The ${union} object at ${where} must set one of the following keys: ${set.length === 0 ? 'none is set' : `${set.join(', ')} are set`}.`,
    );
  }
}

function checkBlock(block: ContentBlock, where: string, role: string, model: BedrockModel): void {
  if (block.text?.trim() === '') {
    throw invalid(
      `The text field in the ContentBlock object at ${where} is blank. Add text to the text field, and try again.`,
    );
  }
  if (block.image !== undefined) {
    if (role === 'assistant') throw invalid(`The image field at ${where} is only supported in user messages.`);
    checkImage(block.image, where, model);
  }
  if (block.document !== undefined) checkDocument(block.document, where);
  if (block.toolUse !== undefined && role !== 'assistant')
    throw invalid(`The toolUse field at ${where} is only supported in assistant messages.`);
  if (block.toolUse !== undefined && (block.toolUse.input === null || typeof block.toolUse.input !== 'object')) {
    throw invalid(
      `The format of the value at ${where}.toolUse.input is invalid. Provide a json object for the field and try again.`,
    );
  }
  for (const [index, inner] of (block.toolResult?.content ?? []).entries()) {
    const path = `${where}.toolResult.content.${index}`;
    exactlyOne(inner, path, 'ToolResultContentBlock');
    if (inner.image !== undefined) checkImage(inner.image, path, model);
    if (inner.document !== undefined) checkDocument(inner.document, path);
    if ('json' in inner && (inner.json === null || typeof inner.json !== 'object' || Array.isArray(inner.json))) {
      throw invalid(
        `The format of the value at ${path}.json is invalid. Provide a json object for the field and try again.`,
      );
    }
  }
}

function checkImage({ format, source }: NonNullable<ContentBlock['image']>, where: string, model: BedrockModel): void {
  if (!model.sees) throw unsupported('image');
  exactlyOne(source, `${where}.image.source`, 'ImageSource');
  if (source.bytes === undefined) return;
  const bytes = fromBase64(source.bytes);
  const type = bytes === null ? undefined : sniffed(bytes);
  if (type?.startsWith('image/') !== true)
    throw invalid('The model returned the following errors: Could not process image');
  if (type !== `image/${format}`) {
    throw invalid(
      `The model returned the following errors: ${where}.image.source.base64.media_type: The image was specified using the image/${format} media type, but the image appears to be a ${type} image`,
    );
  }
}

function checkDocument({ name, source, format }: NonNullable<ContentBlock['document']>, where: string): void {
  if (!/^[a-zA-Z0-9\s\-()[\]]+$/.test(name) || /\s{2}/.test(name)) {
    throw invalid(
      "The document file name can only contain alphanumeric characters, whitespace characters, hyphens, parentheses, and square brackets. The name can't contain more than one consecutive whitespace character.",
    );
  }
  exactlyOne(source, `${where}.document.source`, 'DocumentSource');
  if (source.bytes === undefined) return;
  const bytes = fromBase64(source.bytes);
  if (bytes === null || (format === 'pdf' && sniffed(bytes) !== 'application/pdf')) {
    throw invalid('The model returned the following errors: The PDF specified was not valid.');
  }
}

function checkResults(messages: readonly Message[]): void {
  for (const [index, { content }] of messages.entries()) {
    const calls = (messages[index - 1]?.content ?? []).flatMap(({ toolUse }) =>
      toolUse === undefined ? [] : [toolUse.toolUseId],
    );
    const results = content.flatMap(({ toolResult }) => (toolResult === undefined ? [] : [toolResult.toolUseId]));
    if (new Set(calls).size < calls.length) {
      throw invalid(`The toolUse blocks at messages.${index - 1}.content contain duplicate Ids: ${calls.join(', ')}`);
    }
    if (results.length > calls.length) {
      throw invalid(
        `The number of toolResult blocks at messages.${index}.content exceeds the number of toolUse blocks of previous turn.`,
      );
    }
    const missing = calls.filter((id) => !results.includes(id));
    if (missing.length > 0)
      throw invalid(
        `Expected toolResult blocks at messages.${index}.content for the following Ids: ${missing.join(', ')}`,
      );
  }
  const open = messages.at(-1)!.content.flatMap(({ toolUse }) => (toolUse === undefined ? [] : [toolUse.toolUseId]));
  if (open.length > 0)
    throw invalid(
      `Expected toolResult blocks at messages.${messages.length}.content for the following Ids: ${open.join(', ')}`,
    );
}
