import { fromBase64, fromDataUrl, sniffed } from '../media.ts';
import { invalid } from './errors.ts';
import { modelCalled, type OpenAiModel } from './models.ts';
import type { ChatMessage, ChatRequest } from './schema.ts';
import { isSet } from '../is-set.ts';

export function knownModel(id: string): OpenAiModel {
  const model = modelCalled(id);
  if (model === undefined) {
    throw invalid(`The model \`${id}\` does not exist or you do not have access to it.`, null, 'model_not_found', 404);
  }
  return model;
}

/** What no schema can say about a chat request. */
export function checkChat(body: ChatRequest, model: OpenAiModel): void {
  if (model.embeds === true) {
    throw invalid(
      'This is not a chat model and thus not supported in the v1/chat/completions endpoint. Did you mean to use v1/completions?',
      'model',
      null,
      404,
    );
  }
  checkTier(body.service_tier, model);
  checkSampling(body, model);
  checkTogether(body);
  checkMetadata(body.metadata);
  checkHistory(body.messages);
  for (const [index, message] of body.messages.entries()) {
    if (message.role === 'user' && typeof message.content !== 'string') checkFiles(message.content, index);
  }
  checkFormat(body);
}

export function checkTier(tier: string | null | undefined, model: OpenAiModel): void {
  const served =
    tier === 'flex'
      ? model.flex
      : tier === 'priority' || tier === 'fast'
        ? model.fast !== null
        : tier === 'ultrafast'
          ? model.ultrafast === true
          : true;
  if (!served)
    throw invalid(
      `Invalid service_tier argument: ${String(tier)} is not available for this model.`,
      'service_tier',
      'invalid_value',
    );
}

const SAMPLING = ['temperature', 'top_p', 'presence_penalty', 'frequency_penalty'] as const;
const NEUTRAL = { temperature: 1, top_p: 1, presence_penalty: 0, frequency_penalty: 0 } as const;
const NOT_WHILE_REASONING = ['logprobs', 'top_logprobs', 'logit_bias'] as const;

function checkSampling(body: ChatRequest, model: OpenAiModel): void {
  if (model.reasons === 'none') {
    if (body.reasoning_effort !== undefined && body.reasoning_effort !== null) {
      throw invalid('Unrecognized request argument supplied: reasoning_effort', null, null);
    }
    return;
  }
  if (isSet(body.max_tokens)) {
    throw invalid(
      "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
      'max_tokens',
      'unsupported_parameter',
    );
  }
  const effort = body.reasoning_effort ?? 'none';
  if (model.reasons === 'wished' && effort === 'none') return;
  if (model.reasons === 'always' && body.reasoning_effort === 'none')
    throw unsupportedValue(
      'reasoning_effort',
      "'none'",
      "Supported values are: 'minimal', 'low', 'medium', and 'high'.",
    );
  for (const name of SAMPLING) {
    const value = body[name];
    if (value !== undefined && value !== null && value !== NEUTRAL[name]) {
      throw unsupportedValue(name, String(value), `Only the default (${NEUTRAL[name]}) value is supported.`);
    }
  }
  const members = model.reasons === 'always' ? [...NOT_WHILE_REASONING, 'stop' as const] : NOT_WHILE_REASONING;
  for (const name of members) {
    if (isSet(body[name]) && body[name] !== false) {
      throw invalid(
        `Unsupported parameter: '${name}' is not supported with this model.`,
        name,
        'unsupported_parameter',
      );
    }
  }
}

function unsupportedValue(name: string, value: string, rest: string) {
  return invalid(
    `Unsupported value: '${name}' does not support ${value} with this model. ${rest}`,
    name,
    'unsupported_value',
  );
}

function checkTogether(body: ChatRequest): void {
  const needsTools = (name: string): void => {
    throw invalid(`Invalid value for '${name}': '${name}' is only allowed when 'tools' are specified.`, name, null);
  };
  if (body.tools === undefined) {
    if (body.tool_choice !== undefined && body.tool_choice !== 'none') needsTools('tool_choice');
    if (body.parallel_tool_calls !== undefined) needsTools('parallel_tool_calls');
  }
  if (isSet(body.stream_options) && body.stream !== true) {
    throw invalid("The 'stream_options' parameter is only allowed when 'stream' is enabled.", 'stream_options', null);
  }
  if (isSet(body.top_logprobs) && body.logprobs !== true) {
    throw invalid("The 'top_logprobs' parameter is only allowed when 'logprobs' is enabled.", 'top_logprobs', null);
  }
  if (isSet(body.max_tokens) && isSet(body.max_completion_tokens)) {
    throw invalid(
      "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported.",
      'max_tokens',
      'invalid_parameter_combination',
    );
  }
  const choice = body.tool_choice;
  if (typeof choice === 'object' && choice.type === 'function') {
    const { name } = choice.function;
    if (body.tools?.some((tool) => tool.type === 'function' && tool.function.name === name) !== true) {
      throw invalid(`Tool choice '${name}' not found in 'tools' parameter.`, 'tool_choice', null);
    }
  }
}

const METADATA_PAIRS_MAX = 16;

export function checkMetadata(metadata: Readonly<Record<string, string>> | null | undefined): void {
  const pairs = Object.keys(metadata ?? {}).length;
  if (pairs > METADATA_PAIRS_MAX) {
    throw invalid(
      `Invalid 'metadata': too many properties. Expected an object with at most ${METADATA_PAIRS_MAX} properties, but got an object with ${pairs} properties instead.`,
      'metadata',
      'object_above_max_properties',
    );
  }
}

/** Each call is answered before anything else is said, and each answer has its call. */
function checkHistory(messages: readonly ChatMessage[]): void {
  let open = new Set<string>();
  let inResults = false;
  for (const [index, message] of messages.entries()) {
    if (message.role === 'tool') {
      if (!inResults || !open.delete(message.tool_call_id)) {
        throw invalid(
          "Invalid parameter: messages with role 'tool' must be a response to a preceeding message with 'tool_calls'.",
          `messages.[${index}].role`,
          null,
        );
      }
      continue;
    }
    if (open.size > 0) throw unanswered(open, index);
    inResults = false;
    if (message.role !== 'assistant') continue;
    if (message.tool_calls !== undefined) {
      open = new Set(message.tool_calls.map(({ id }) => id));
      inResults = true;
    } else if (
      !isSet(message.content) &&
      !isSet(message.refusal) &&
      !isSet(message.function_call) &&
      !isSet(message.audio)
    ) {
      throw invalid(`Invalid value for 'content': expected a string, got null.`, `messages.[${index}].content`, null);
    }
  }
  if (open.size > 0) throw unanswered(open, messages.length - 1);
}

function unanswered(ids: ReadonlySet<string>, index: number) {
  return invalid(
    `An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. The following tool_call_ids did not have response messages: ${[...ids].join(', ')}`,
    `messages.[${index}].role`,
    null,
  );
}

type UserPart = Exclude<Extract<ChatMessage, { role: 'user' }>['content'], string>[number];

function checkFiles(parts: readonly UserPart[], message: number): void {
  for (const [index, part] of parts.entries()) {
    const where = `messages[${message}].content[${index}]`;
    if (part.type === 'image_url') checkImageUrl(part.image_url.url, `${where}.image_url.url`);
    else if (part.type === 'input_audio') {
      if (fromBase64(part.input_audio.data) === null)
        throw invalid('Invalid base64 audio data.', `${where}.input_audio.data`, 'invalid_value');
    } else if (part.type === 'file') checkFile(part.file, `${where}.file`);
  }
}

const IMAGE_TYPES = new Set(['image/png', 'image/jpeg', 'image/gif', 'image/webp']);

export function checkImageUrl(url: string, param: string): void {
  if (/^https?:\/\//.test(url)) return;
  const data = fromDataUrl(url);
  if (data === null) {
    throw invalid(
      `Invalid '${param}'. Expected a base64-encoded data URL with an image MIME type (e.g. 'data:image/png;base64,aW1nIGJ5dGVzIGhlcmU='), but got a value without the 'data:' prefix or with bad base64.`,
      param,
      'invalid_value',
    );
  }
  const type = sniffed(data.bytes);
  if (type === undefined || !IMAGE_TYPES.has(type) || !data.type.startsWith('image/')) {
    throw invalid(
      "You uploaded an unsupported image. Please make sure your image has of one the following formats: ['png', 'jpeg', 'gif', 'webp'].",
      param,
      'invalid_image_format',
    );
  }
}

export function checkFile(
  file: {
    readonly file_data?: string | undefined;
    readonly file_id?: string | null | undefined;
    readonly filename?: string | undefined;
  },
  param: string,
): void {
  if (file.file_data === undefined) {
    if (!isSet(file.file_id))
      throw invalid(
        `Missing required parameter: '${param}.file_id'.`,
        `${param}.file_id`,
        'missing_required_parameter',
      );
    return;
  }
  if (file.filename === undefined) {
    throw invalid(
      `Missing required parameter: '${param}.filename'.`,
      `${param}.filename`,
      'missing_required_parameter',
    );
  }
  const data = fromDataUrl(file.file_data);
  if (data === null || data.type !== 'application/pdf' || sniffed(data.bytes) !== 'application/pdf') {
    throw invalid(
      `Invalid '${param}.file_data'. Expected a base64-encoded data URL with an application/pdf MIME type (e.g. 'data:application/pdf;base64,JVBERi0xLjQK').`,
      `${param}.file_data`,
      'invalid_value',
    );
  }
}

function checkFormat(body: ChatRequest): void {
  const { response_format: format } = body;
  if (format?.type === 'json_object' && !/json/i.test(JSON.stringify(body.messages))) {
    throw invalid(
      "'messages' must contain the word 'json' in some form, to use 'response_format' of type 'json_object'.",
      'messages',
      null,
    );
  }
  if (format?.type === 'json_schema' && format.json_schema.strict === true) {
    const { name, schema } = format.json_schema;
    checkStrict(schema ?? {}, `schema for response_format '${name}'`, 'response_format');
  }
  for (const [index, tool] of (body.tools ?? []).entries()) {
    if (tool.type !== 'function' || tool.function.strict !== true) continue;
    checkStrict(
      tool.function.parameters ?? {},
      `schema for function '${tool.function.name}'`,
      `tools[${index}].function.parameters`,
    );
  }
}

/** Strict schemas close every object and require all of its properties. */
export function checkStrict(schema: unknown, what: string, param: string, context: readonly string[] = []): void {
  if (schema === null || typeof schema !== 'object') return;
  const { properties, required, additionalProperties, items, anyOf, $defs } = schema as Record<string, unknown>;
  const fail = (detail: string): never => {
    const path = context.map((step) => `'${step}'`).join(', ');
    throw invalid(`Invalid ${what}: In context=(${path}), ${detail}`, param, 'invalid_schema');
  };
  if (properties !== undefined) {
    if (additionalProperties !== false) fail("'additionalProperties' is required to be supplied and to be false.");
    const missing = Object.keys(properties as object).find(
      (key) => !(Array.isArray(required) && required.includes(key)),
    );
    if (missing !== undefined) {
      fail(
        `'required' is required to be supplied and to be an array including every key in properties. Missing '${missing}'.`,
      );
    }
  }
  for (const [key, inner] of [...Object.entries(properties ?? {}), ...Object.entries($defs ?? {})]) {
    checkStrict(inner, what, param, [...context, 'properties', key]);
  }
  checkStrict(items, what, param, [...context, 'items']);
  if (Array.isArray(anyOf)) {
    for (const [index, inner] of anyOf.entries()) checkStrict(inner, what, param, [...context, 'anyOf', String(index)]);
  }
}
