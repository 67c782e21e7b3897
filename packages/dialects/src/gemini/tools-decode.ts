import type { CanonicalRequest, Tool, ToolChoice } from '../canonical/request.ts';
import type { JsonObject } from '../openai/accumulate.ts';
import type { ProtoFields } from './proto-fields.ts';
import { jsonSchemaOf } from './schema.ts';

const SERVER_SIDE = 'a tool that runs at Google';

/** Tools that Google runs itself are told apart by name alone: `googleSearch` asks for one, and is mostly an empty object. */
export function decodeTools(body: ProtoFields, ignored: string[]): Tool[] {
  return body.entries('tools').flatMap((tool) => {
    const declarations = tool.entries('functionDeclarations');
    for (const name of tool.names) {
      if (tool.take(name) !== undefined) throw tool.untranslatable(name, SERVER_SIDE);
    }
    return declarations.map((declaration) => decodeDeclaration(declaration, ignored));
  });
}

function decodeDeclaration(declaration: ProtoFields, ignored: string[]): Tool {
  const name = declaration.requiredText('name');
  const description = declaration.text('description') || undefined;
  const schema = schemaOf(declaration, 'parameters', 'parametersJsonSchema');
  const behavior = declaration.word('behavior') ?? 'UNSPECIFIED';
  if (behavior === 'NON_BLOCKING') {
    throw declaration.untranslatable(
      'behavior',
      'calls that the model does not wait for are a feature of live sessions',
    );
  }
  // What a function is to return helps a model to use it; other wires have no place for it but the description.
  declaration.ignore('response', ignored);
  declaration.ignore('responseJsonSchema', ignored);
  declaration.finish();
  return {
    name,
    ...(description === undefined ? {} : { description }),
    ...(schema === undefined ? {} : { schema }),
  };
}

/** A schema is in one of two members, by the vocabulary that it is written in. */
export function schemaOf(fields: ProtoFields, openApi: string, jsonSchema: string): JsonObject | undefined {
  const older = fields.object(openApi);
  const schema = fields.json(jsonSchema);
  if (older !== undefined && schema !== undefined) {
    throw fields.invalid(jsonSchema, `'${openApi}' is there as well; give one of them`);
  }
  return schema ?? (older === undefined ? undefined : jsonSchemaOf(older));
}

export function decodeToolChoice(
  body: ProtoFields,
  tools: readonly Tool[],
  ignored: string[],
): Pick<CanonicalRequest, 'toolChoice'> {
  const config = body.object('toolConfig');
  if (config === undefined) return {};
  const calling = config.object('functionCallingConfig');
  const choice = calling === undefined ? undefined : choiceOf(calling, tools, ignored);
  config.refuse('retrievalConfig', SERVER_SIDE);
  config.refuse('includeServerSideToolInvocations', SERVER_SIDE);
  config.finish();
  return choice === undefined ? {} : { toolChoice: choice };
}

function choiceOf(calling: ProtoFields, tools: readonly Tool[], ignored: string[]): ToolChoice | undefined {
  const mode = calling.word('mode') ?? 'MODE_UNSPECIFIED';
  const allowed = calling.texts('allowedFunctionNames') ?? [];
  calling.refuse('streamFunctionCallArguments', 'other wires cut the arguments of calls as they like');
  calling.finish();
  // All of them are as good as none.
  const names = new Set(allowed);
  const some = allowed.length > 0 && tools.some((tool) => !names.has(tool.name));
  switch (mode) {
    case 'ANY':
      if (allowed.length === 1) return { name: allowed[0]! };
      if (some) throw calling.untranslatable('allowedFunctionNames', 'others can be held to one tool or to any');
      return 'required';
    case 'NONE':
      return 'none';
    case 'VALIDATED':
      if (some) throw calling.untranslatable('allowedFunctionNames', 'others can be held to one tool or to any');
      ignored.push(calling.at('mode'));
      return 'auto';
    case 'AUTO':
      return 'auto';
    case 'MODE_UNSPECIFIED':
      return undefined;
    default:
      throw calling.invalid('mode', 'it must be one of AUTO, ANY, NONE, VALIDATED');
  }
}
