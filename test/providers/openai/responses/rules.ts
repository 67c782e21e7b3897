import { invalid } from '../errors.ts';
import type { OpenAiModel } from '../models.ts';
import { checkFile, checkImageUrl, checkMetadata, checkStrict, checkTier } from '../rules.ts';
import type { Item, ResponsesRequest } from './schema.ts';
import { isOurEncryption } from './encryption.ts';
import type { ResponseStore, Stored } from './store.ts';
import { isSet } from '../../is-set.ts';

/** What the response goes on from; undefined: it stands alone. */
export function previousOf(body: ResponsesRequest, store: ResponseStore): Stored | undefined {
  if (isSet(body.conversation)) {
    const id = typeof body.conversation === 'string' ? body.conversation : body.conversation.id;
    throw invalid(`Conversation with id '${id}' not found.`, 'conversation', null, 404);
  }
  if (!isSet(body.previous_response_id)) return undefined;
  const previous = store.get(body.previous_response_id);
  if (previous === undefined) {
    throw invalid(
      `Previous response with id '${body.previous_response_id}' not found.`,
      'previous_response_id',
      'previous_response_not_found',
    );
  }
  return previous;
}

/** What no schema can say about a request. `history`: its own input after all that it goes on from. */
export function checkResponses(body: ResponsesRequest, model: OpenAiModel, history: readonly Item[]): void {
  if (model.embeds === true) {
    throw invalid(
      `The requested model '${model.id}' cannot be used with the Responses API.`,
      'model',
      'unsupported_model',
    );
  }
  checkTier(body.service_tier, model);
  checkMetadata(body.metadata);
  checkReasoning(body, model);
  checkTools(body);
  if (body.background === true && body.store === false) {
    throw invalid("Background mode requires 'store' to be true.", 'background', null);
  }
  if (isSet(body.stream_options) && body.stream !== true) {
    throw invalid("The 'stream_options' parameter is only allowed when 'stream' is enabled.", 'stream_options', null);
  }
  if (isSet(body.top_logprobs) && body.include?.includes('message.output_text.logprobs') !== true) {
    throw invalid("'top_logprobs' requires 'message.output_text.logprobs' in 'include'.", 'top_logprobs', null);
  }
  const { format } = body.text ?? {};
  if (format?.type === 'json_object' && !/json/i.test(JSON.stringify([history, body.instructions]))) {
    throw invalid(
      "Response input messages must contain the word 'json' in some form to use 'text.format' of type 'json_object'.",
      'input',
      null,
    );
  }
  if (format?.type === 'json_schema' && format.strict === true) {
    checkStrict(format.schema, `schema for response_format '${format.name}'`, 'text.format.schema');
  }
  if (typeof body.input !== 'string') {
    for (const [index, item] of (body.input ?? []).entries()) checkItem(item, `input[${index}]`);
  }
  checkCalls(history);
}

const NOT_WHILE_REASONING = ['temperature', 'top_p', 'top_logprobs'] as const;

function checkReasoning(body: ResponsesRequest, model: OpenAiModel): void {
  const effort = body.reasoning?.effort;
  if (model.reasons === 'none') {
    for (const name of ['effort', 'summary'] as const) {
      if (isSet(body.reasoning?.[name])) throw unsupported(`reasoning.${name}`);
    }
    if (body.include?.includes('reasoning.encrypted_content') === true) {
      throw invalid('Encrypted content is not supported with this model.', 'include', null);
    }
    return;
  }
  if (model.reasons === 'wished' && (!isSet(effort) || effort === 'none')) return;
  for (const name of NOT_WHILE_REASONING) if (isSet(body[name])) throw unsupported(name);
}

function unsupported(name: string): Error {
  return invalid(`Unsupported parameter: '${name}' is not supported with this model.`, name, 'unsupported_parameter');
}

function checkTools({ tools = [], tool_choice: choice }: ResponsesRequest): void {
  for (const [index, tool] of tools.entries()) {
    if (tool.type === 'function' && tool.strict === true) {
      checkStrict(tool.parameters ?? {}, `schema for function '${tool.name}'`, `tools[${index}].parameters`);
    }
  }
  if (choice === 'required' && tools.length === 0) {
    throw invalid("Tool choice 'required' must be specified with 'tools' parameter.", 'tool_choice', null);
  }
  if (typeof choice === 'object' && choice.type !== 'allowed_tools') {
    if (!tools.some((tool) => tool.type === choice.type && tool.name === choice.name)) {
      throw invalid(`Tool choice '${choice.type}' not found in 'tools' parameter.`, 'tool_choice', null);
    }
  }
}

function checkItem(item: Item, where: string): void {
  if (item.type === 'message' && item.role !== 'assistant' && typeof item.content !== 'string') {
    for (const [index, part] of item.content.entries()) checkPart(part, `${where}.content[${index}]`);
  } else if (
    (item.type === 'function_call_output' || item.type === 'custom_tool_call_output') &&
    typeof item.output !== 'string'
  ) {
    for (const [index, part] of item.output.entries()) checkPart(part, `${where}.output[${index}]`);
  } else if (
    item.type === 'reasoning' &&
    isSet(item.encrypted_content) &&
    !isOurEncryption(item.encrypted_content, item.id)
  ) {
    throw invalid(
      `The encrypted content for item ${item.id} could not be verified. Reason: Encrypted content could not be decrypted or parsed.`,
      null,
      'invalid_encrypted_content',
    );
  }
}

type InputPart = Exclude<Extract<Item, { type: 'function_call_output' }>['output'], string>[number];

function checkPart(part: InputPart, where: string): void {
  if (part.type === 'input_image') {
    if (isSet(part.image_url)) checkImageUrl(part.image_url, `${where}.image_url`);
    else if (!isSet(part.file_id))
      throw invalid(
        `Missing required parameter: '${where}.image_url'.`,
        `${where}.image_url`,
        'missing_required_parameter',
      );
  } else if (part.type === 'input_file' && !isSet(part.file_url)) {
    const { file_data: data, file_id, filename } = part;
    checkFile({ file_data: data ?? undefined, file_id, filename: filename ?? undefined }, where);
  }
}

function checkCalls(history: readonly Item[]): void {
  const open = new Set<string>();
  for (const [index, item] of history.entries()) {
    switch (item.type) {
      case 'function_call':
      case 'custom_tool_call':
        open.add(item.call_id);
        break;
      case 'function_call_output':
      case 'custom_tool_call_output':
        if (!open.delete(item.call_id ?? '')) {
          const kind = item.type === 'function_call_output' ? 'function call' : 'custom tool call';
          throw invalid(`No tool call found for ${kind} output with call_id ${String(item.call_id)}.`, 'input', null);
        }
        break;
      case 'reasoning': {
        const next = history[index + 1];
        if (next === undefined || (next.type === 'message' && next.role !== 'assistant')) {
          throw invalid(
            `Item '${item.id}' of type 'reasoning' was provided without its required following item.`,
            'input',
            null,
          );
        }
        break;
      }
      case 'item_reference':
        throw invalid(`Item with id '${item.id}' not found.`, 'input', null, 404);
      default:
    }
  }
  const [first] = open;
  if (first !== undefined) throw invalid(`No tool output found for function call ${first}.`, 'input', null);
}
