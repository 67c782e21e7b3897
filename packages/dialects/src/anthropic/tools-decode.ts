import type { Tool, ToolChoice } from '../canonical/request.ts';
import type { JsonObject } from '../openai/accumulate.ts';
import type { Fields } from '../openai/codec/fields.ts';
import { takeCache } from './cache-control.ts';

export function decodeTools(body: Fields, ignored: string[]): Tool[] {
  return body.entries('tools').map((tool) => {
    if ((tool.text('type') ?? 'custom') !== 'custom') {
      throw tool.untranslatable('type', 'tools of this type are known to their own provider only');
    }
    refuseCallers(tool);
    tool.refuse('defer_loading', 'elsewhere the model sees all tools');
    tool.refuse('input_examples', 'elsewhere a tool is described without examples');
    // How soon the pieces of an input come; they are the same.
    tool.ignore('eager_input_streaming', ignored);
    const decoded = decodeTool(tool);
    tool.finish();
    return decoded;
  });
}

function refuseCallers(tool: Fields): void {
  const callers = tool.list('allowed_callers') ?? [];
  if (callers.some((caller) => caller !== 'direct')) {
    throw tool.untranslatable('allowed_callers', 'code that calls tools runs at its own provider');
  }
}

function decodeTool(tool: Fields): Tool {
  const schema = tool.json('input_schema');
  if (schema === undefined) throw tool.invalid('input_schema', 'it is missing; a JSON Schema is required');
  const description = tool.text('description');
  const strict = tool.flag('strict');
  return {
    name: tool.requiredText('name'),
    ...(description === undefined ? {} : { description }),
    ...(takesNothing(schema) ? {} : { schema }),
    ...(strict === undefined ? {} : { strict }),
    ...takeCache(tool),
  };
}

/** A schema is required here, also of tools that take no input. */
function takesNothing(schema: JsonObject): boolean {
  const { type, properties = {}, ...rest } = schema;
  return type === 'object' && JSON.stringify(properties) === '{}' && Object.keys(rest).length === 0;
}

interface Choice {
  readonly toolChoice?: ToolChoice;
  readonly parallelToolCalls?: false;
}

export function decodeToolChoice(body: Fields): Choice {
  const choice = body.object('tool_choice');
  if (choice === undefined) return {};
  const type = choice.oneOf('type', ['auto', 'any', 'tool', 'none']);
  if (type === undefined) throw choice.invalid('type', 'it must be one of auto, any, tool, none');
  const serial = choice.flag('disable_parallel_tool_use');
  const toolChoice = type === 'tool' ? { name: choice.requiredText('name') } : type === 'any' ? 'required' : type;
  choice.finish();
  return { toolChoice, ...(serial === true ? { parallelToolCalls: false } : {}) };
}
