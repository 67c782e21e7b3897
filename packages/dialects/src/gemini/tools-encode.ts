import { Unsupported, type Feature } from '../canonical/feature.ts';
import type { CanonicalRequest, Tool, ToolChoice } from '../canonical/request.ts';
import type { JsonObject } from '../openai/accumulate.ts';
import { noteCache } from './contents-encode.ts';
import { wireSchema } from './schema-encode.ts';

export function encodeTools(request: CanonicalRequest, ignored: Set<Feature>): JsonObject {
  const { tools, toolChoice } = request;
  // Whatever else is said about calls, without tools there are none.
  if (tools.length === 0 && (toolChoice === undefined || toolChoice === 'auto' || toolChoice === 'none')) return {};
  if (request.parallelToolCalls === false && toolChoice !== 'none') {
    throw new Unsupported('parallel-tool-calls', 'a model may always call several tools at once');
  }
  for (const tool of tools) noteCache(tool, ignored);
  const calling = callingConfig(toolChoice, tools);
  return {
    ...(tools.length === 0 ? {} : { tools: [{ functionDeclarations: tools.map(declarationOf) }] }),
    ...(calling === undefined ? {} : { toolConfig: { functionCallingConfig: calling } }),
  };
}

function declarationOf({ name, description, schema }: Tool): JsonObject {
  return {
    name,
    ...(description === undefined ? {} : { description }),
    ...(schema === undefined ? {} : { parametersJsonSchema: wireSchema(schema) }),
  };
}

/** Calls that are demanded keep to their schemas anyway. Free ones do so in a mode of its own, which is for all tools alike. */
function callingConfig(choice: ToolChoice | undefined, tools: readonly Tool[]): JsonObject | undefined {
  const strict = tools.some((tool) => tool.strict === true);
  if (choice === undefined) return strict ? { mode: 'VALIDATED' } : undefined;
  if (typeof choice === 'object') return { mode: 'ANY', allowedFunctionNames: [choice.name] };
  switch (choice) {
    case 'auto':
      return { mode: strict ? 'VALIDATED' : 'AUTO' };
    case 'none':
      return { mode: 'NONE' };
    case 'required':
      return { mode: 'ANY' };
  }
}
