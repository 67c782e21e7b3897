import type { AnswerFormat, Tool, ToolChoice } from '../../canonical/request.ts';
import { Fields } from './fields.ts';

export function decodeTools(body: Fields): Tool[] {
  return body.entries('tools').map((tool) => {
    const type = tool.requiredText('type');
    if (type !== 'function') throw tool.untranslatable('type', 'only tools of type function are known to every wire');
    const definition = tool.requiredObject('function');
    tool.finish();
    return decodeFunction(definition);
  });
}

/** A function's definition, whose members lie in a member of their own here, and beside its type on the responses wire. */
export function decodeFunction(definition: Fields): Tool {
  const name = definition.requiredText('name');
  const description = definition.text('description');
  const schema = definition.json('parameters');
  const strict = definition.flag('strict');
  definition.finish();
  return {
    name,
    ...(description === undefined ? {} : { description }),
    ...(schema === undefined ? {} : { schema }),
    ...(strict === undefined ? {} : { strict }),
  };
}

export function decodeToolChoice(body: Fields): ToolChoice | undefined {
  const value = body.take('tool_choice');
  if (value === undefined || value === 'auto' || value === 'none' || value === 'required') return value;
  if (typeof value === 'string')
    throw body.invalid('tool_choice', 'it must be auto, none, required, or name a function');
  const choice = new Fields(value, body.at('tool_choice'));
  const type = choice.requiredText('type');
  if (type !== 'function') throw choice.untranslatable('type', 'other wires choose a function, or none, or any');
  const named = choice.requiredObject('function');
  const name = named.requiredText('name');
  named.finish();
  choice.finish();
  return { name };
}

export function decodeFormat(body: Fields): AnswerFormat | undefined {
  const format = body.object('response_format');
  if (format === undefined) return undefined;
  const type = format.oneOf('type', ['text', 'json_object', 'json_schema']);
  if (type === undefined) throw format.invalid('type', 'it must be one of text, json_object, json_schema');
  const schema = type === 'json_schema' ? decodeSchema(format.requiredObject('json_schema')) : undefined;
  format.finish();
  return type === 'json_object' ? { kind: 'json' } : schema;
}

export function decodeSchema(fields: Fields): AnswerFormat {
  const name = fields.text('name');
  const description = fields.text('description');
  const schema = fields.json('schema') ?? {};
  const strict = fields.flag('strict');
  fields.finish();
  return {
    kind: 'schema',
    schema,
    ...(name === undefined ? {} : { name }),
    ...(description === undefined ? {} : { description }),
    ...(strict === undefined ? {} : { strict }),
  };
}
