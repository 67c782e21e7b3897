import { fromDataUrl, sniffed } from '../media.ts';
import { invalid } from './errors.ts';
import { modelCalled, type GroqModel } from './models.ts';
import type { GroqMessage, GroqRequest } from './schema.ts';
import type { GroqSettings } from './settings.ts';
import { isSet } from '../is-set.ts';

export function knownModel(id: string): GroqModel {
  const model = modelCalled(id);
  if (model === undefined) {
    throw invalid(
      `The model \`${id}\` does not exist or you do not have access to it.`,
      { code: 'model_not_found' },
      404,
    );
  }
  return model;
}

/** What no schema can say about a request. */
export function checkChat(body: GroqRequest, model: GroqModel, settings: GroqSettings): void {
  if (model.embeds === true) throw invalid(`The model \`${model.id}\` does not support chat completions`);
  if (body.service_tier === 'performance' && !settings.performance) {
    throw invalid('service_tier performance is not available for this organization', { param: 'service_tier' });
  }
  for (const name of ['logprobs', 'top_logprobs', 'logit_bias'] as const) {
    const value = body[name];
    if (value !== undefined && value !== null && value !== false) {
      throw invalid(`\`${name}\` is not supported with this model`, { param: name });
    }
  }
  checkReasoning(body, model);
  checkTools(body);
  checkFormat(body, model);
  checkHistory(body.messages);
  for (const [index, message] of body.messages.entries()) checkImages(message, index, model);
}

function checkReasoning(body: GroqRequest, model: GroqModel): void {
  const { reasoning_effort: effort, reasoning_format: format, include_reasoning: include } = body;
  if (isSet(effort) && !model.efforts.includes(effort)) {
    if (model.efforts.length === 0)
      throw invalid('`reasoning_effort` is not supported with this model', { param: 'reasoning_effort' });
    throw invalid(`\`reasoning_effort\` must be one of ${model.efforts.map((word) => `\`${word}\``).join(', ')}`, {
      param: 'reasoning_effort',
    });
  }
  if (isSet(format) && isSet(include)) throw invalid('cannot specify both `reasoning_format` and `include_reasoning`');
  if (isSet(format) && model.reasons !== 'format')
    throw invalid('`reasoning_format` is not supported with this model', { param: 'reasoning_format' });
  const needsOrder =
    (body.tools ?? []).length > 0 || (isSet(body.response_format) && body.response_format.type !== 'text');
  if (format === 'raw' && needsOrder) {
    throw invalid('`reasoning_format` must be set to `parsed` or `hidden` when using JSON mode or tools', {
      param: 'reasoning_format',
    });
  }
}

function checkTools({ tools, tool_choice: choice }: GroqRequest): void {
  if (isSet(choice) && choice !== 'none' && choice !== 'auto' && (tools ?? []).length === 0) {
    throw invalid('tool_choice is only allowed when tools are specified', { param: 'tool_choice' });
  }
  if (
    typeof choice === 'object' &&
    choice !== null &&
    !(tools ?? []).some((tool) => tool.function.name === choice.function.name)
  ) {
    throw invalid(`tool_choice: function \`${choice.function.name}\` is not one of the tools`, {
      param: 'tool_choice',
    });
  }
}

function checkFormat({ response_format: format, tools, messages }: GroqRequest, model: GroqModel): void {
  if (!isSet(format) || format.type === 'text') return;
  if ((tools ?? []).length > 0)
    throw invalid('json mode cannot be combined with tool/function calling', { param: 'response_format' });
  if (format.type === 'json_object') {
    if (!/json/i.test(JSON.stringify(messages))) {
      throw invalid(
        "'messages' must contain the word 'json' in some form, to use 'response_format' of type 'json_object'.",
        { param: 'messages' },
      );
    }
    return;
  }
  if (!model.schemas) {
    throw invalid(
      'This model does not support response format `json_schema`. See supported models at https://console.groq.com/docs/structured-outputs#supported-models',
      { param: 'response_format' },
    );
  }
}

/** Each result has its call. */
function checkHistory(messages: readonly GroqMessage[]): void {
  const open = new Set<string>();
  for (const [index, message] of messages.entries()) {
    if (message.role === 'assistant') {
      for (const { id } of message.tool_calls ?? []) open.add(id);
    } else if (message.role === 'tool' && !open.delete(message.tool_call_id)) {
      throw invalid(
        `'messages.${index}' : tool_call_id '${message.tool_call_id}' does not match any tool call before it`,
        {
          param: `messages.${index}.tool_call_id`,
        },
      );
    }
  }
}

const IMAGES_MAX = 5;
const IMAGE_TYPES = new Set(['image/png', 'image/jpeg', 'image/gif', 'image/webp']);

function checkImages({ content }: GroqMessage, index: number, model: GroqModel): void {
  if (!Array.isArray(content)) return;
  const urls = content.flatMap((part) => (part.type === 'image_url' ? [part.image_url.url] : []));
  if (urls.length === 0) return;
  if (!model.sees) throw invalid(`messages[${index}].content must be a string`);
  if (urls.length > IMAGES_MAX)
    throw invalid(`Too many images provided. This model supports up to ${IMAGES_MAX} images`);
  for (const url of urls) {
    if (/^https?:\/\//.test(url)) continue;
    const data = fromDataUrl(url);
    const type = data === null ? undefined : sniffed(data.bytes);
    if (type === undefined || !IMAGE_TYPES.has(type)) throw invalid('invalid image data');
  }
}
