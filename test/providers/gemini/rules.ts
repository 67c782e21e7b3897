import { sniffed } from '../media.ts';
import { invalid, refused } from './errors.ts';
import { modelCalled, type GeminiModel } from './models.ts';
import type { Content, GeminiTool, GenerateRequest, Part } from './schema.ts';
import { isValid } from './signature.ts';

export function knownModel(id: string, version: string, method: string): GeminiModel {
  const model = modelCalled(id);
  if (model === undefined || model.embeds === true) {
    throw refused(
      'NOT_FOUND',
      `models/${id} is not found for API version ${version}, or is not supported for ${method}. Call ListModels to see the list of available models and their supported methods.`,
    );
  }
  return model;
}

/** What no schema can say about a request. */
export function checkGenerate(body: GenerateRequest, model: GeminiModel): void {
  if (body.contents === undefined || body.contents.length === 0) {
    throw invalid('* GenerateContentRequest.contents: contents is not specified\n');
  }
  checkTier(body, model);
  for (const [index, content] of body.contents.entries()) checkContent(content, index);
  checkCalls(body.contents, model);
  checkTools(body.tools ?? []);
  checkChoice(body);
  checkConfig(body.generationConfig ?? {}, model);
}

function checkTier({ serviceTier }: GenerateRequest, model: GeminiModel): void {
  const served = serviceTier === 'FLEX' ? model.flex : serviceTier === 'PRIORITY' ? model.priority : true;
  if (!served) throw invalid(`Service tier ${serviceTier!.toLowerCase()} is not supported for models/${model.id}.`);
}

const DATA = [
  'text',
  'inlineData',
  'fileData',
  'functionCall',
  'functionResponse',
  'executableCode',
  'codeExecutionResult',
] as const;

function checkContent({ role, parts }: Content, index: number): void {
  if (role !== undefined && !['user', 'model', 'function', ''].includes(role)) {
    throw invalid('Please use a valid role: user, model.');
  }
  if (parts === undefined || parts.length === 0) {
    throw invalid(`* GenerateContentRequest.contents[${index}].parts: contents.parts must not be empty.\n`);
  }
  for (const [at, part] of parts.entries()) {
    const where = `contents[${index}].parts[${at}]`;
    const set = DATA.filter((name) => part[name] !== undefined);
    if (set.length > 1) {
      throw invalid(`Invalid value at '${where}' (oneof), oneof field 'data' is already set. Cannot set '${set[1]!}'`);
    }
    if (set.length === 0 && part.thoughtSignature === undefined) {
      throw invalid(
        `* GenerateContentRequest.${where}.data: required oneof field 'data' must have one initialized field\n`,
      );
    }
    if (part.inlineData !== undefined) checkBlob(part.inlineData, `${where}.inline_data`);
    for (const [inner, { inlineData }] of (part.functionResponse?.parts ?? []).entries()) {
      if (inlineData !== undefined) checkBlob(inlineData, `${where}.function_response.parts[${inner}].inline_data`);
    }
  }
}

const TYPES_TAKEN =
  /^(?:image\/(?:png|jpeg|webp|heic|heif)|application\/pdf|text\/[\w.+-]+|audio\/[\w.+-]+|video\/[\w.+-]+)$/;

function checkBlob({ data, mimeType }: { readonly data: string; readonly mimeType: string }, where: string): void {
  if (!/^[\w+/-]*={0,2}$/.test(data) || data === '') {
    throw invalid(`Invalid value at '${where}.data' (TYPE_BYTES), Base64 decoding failed for "${data.slice(0, 20)}"`);
  }
  if (!TYPES_TAKEN.test(mimeType)) throw invalid(`Unsupported MIME type: ${mimeType}`);
  const found = sniffed(Buffer.from(data, 'base64'));
  if (mimeType.startsWith('image/') && !mimeType.startsWith('image/hei') && found?.startsWith('image/') !== true) {
    throw invalid(
      'Unable to process input image. Please retry or report in https://developers.generativeai.google/guide/troubleshooting',
    );
  }
  if (mimeType === 'application/pdf' && found !== 'application/pdf') throw invalid('The document has no pages.');
}

function callsIn({ parts = [] }: Content): Part[] {
  return parts.filter(({ functionCall }) => functionCall !== undefined);
}

function responsesIn({ parts = [] }: Content): number {
  return parts.filter(({ functionResponse }) => functionResponse !== undefined).length;
}

function checkCalls(contents: readonly Content[], model: GeminiModel): void {
  for (const [index, content] of contents.entries()) {
    const before = contents[index - 1];
    const asked = before === undefined ? 0 : callsIn(before).length;
    const answered = responsesIn(content);
    if (callsIn(content).length > 0 && (before === undefined || before.role === 'model')) {
      throw invalid(
        'Please ensure that function call turn comes immediately after a user turn or after a function response turn.',
      );
    }
    if (answered > 0 && asked === 0) {
      throw invalid('Please ensure that function response turn comes immediately after a function call turn.');
    }
    if (asked !== answered) {
      throw invalid(
        'Please ensure that the number of function response parts is equal to the number of function call parts of the function call turn.',
      );
    }
  }
  checkSignatures(contents, model);
}

/** In the turn that is going on, the first call of each step proves that the model made it. */
function checkSignatures(contents: readonly Content[], model: GeminiModel): void {
  const began = contents.findLastIndex((content) => content.role !== 'model' && responsesIn(content) === 0);
  for (const [index, content] of contents.entries()) {
    const calls = callsIn(content);
    const [first] = calls;
    if (model.signs && index > began && first !== undefined && first.thoughtSignature === undefined) {
      const position = calls.indexOf(first) + index + 1;
      throw invalid(
        `Function call is missing a thought_signature in functionCall parts. This is required for tools to work correctly, and missing thought_signature may lead to degraded model performance. Additional data, function call \`default_api:${first.functionCall!.name}\` , position ${position}. Please refer to https://ai.google.dev/gemini-api/docs/thought-signatures for more details.`,
      );
    }
    for (const { thoughtSignature, functionCall } of calls) {
      if (thoughtSignature !== undefined && !isValid(thoughtSignature, functionCall!.name))
        throw invalid('Corrupted thought signature.');
    }
  }
}

function checkTools(tools: readonly GeminiTool[]): void {
  const names = new Set<string>();
  for (const [at, { functionDeclarations = [] }] of tools.entries()) {
    for (const [index, { name, parameters, parametersJsonSchema }] of functionDeclarations.entries()) {
      const where = `tools[${at}].function_declarations[${index}]`;
      if (names.has(name)) throw invalid(`Duplicate function declaration found: ${name}`);
      names.add(name);
      if (parameters !== undefined && parametersJsonSchema !== undefined) {
        throw invalid(
          `* GenerateContentRequest.${where}: parameters and parameters_json_schema cannot be set at the same time\n`,
        );
      }
      checkSchema(parameters, `${where}.parameters`);
    }
  }
}

const STRING_FORMATS = new Set(['enum', 'date-time']);

/** What Gemini's own form of schemas requires beyond its members. */
function checkSchema(schema: Readonly<Record<string, unknown>> | undefined, where: string): void {
  if (schema === undefined) return;
  const fail = (detail: string): never => {
    throw invalid(`* GenerateContentRequest.${where}${detail}\n`);
  };
  const {
    type,
    properties,
    required,
    items,
    enum: words,
    format,
    anyOf,
  } = schema as {
    type?: string;
    properties?: Record<string, Readonly<Record<string, unknown>>>;
    required?: string[];
    items?: Readonly<Record<string, unknown>>;
    enum?: string[];
    format?: string;
    anyOf?: Readonly<Record<string, unknown>>[];
  };
  if (type === 'OBJECT' && Object.keys(properties ?? {}).length === 0)
    fail('.properties: should be non-empty for OBJECT type');
  if (type === 'ARRAY' && items === undefined) fail('.items: missing field.');
  if (words !== undefined && type !== 'STRING') fail('.enum: only allowed for STRING type');
  if (type === 'STRING' && format !== undefined && !STRING_FORMATS.has(format)) {
    fail(".format: only 'enum' and 'date-time' are supported for STRING type");
  }
  for (const [index, name] of (required ?? []).entries()) {
    if (properties?.[name] === undefined) fail(`.required[${index}]: property is not defined`);
  }
  for (const [name, inner] of Object.entries(properties ?? {})) checkSchema(inner, `${where}.properties[${name}]`);
  checkSchema(items, `${where}.items`);
  for (const [index, inner] of (anyOf ?? []).entries()) checkSchema(inner, `${where}.any_of[${index}]`);
}

function checkChoice({ tools = [], toolConfig }: GenerateRequest): void {
  const config = toolConfig?.functionCallingConfig;
  if (config === undefined) return;
  const declared = tools.flatMap(({ functionDeclarations = [] }) => functionDeclarations.map(({ name }) => name));
  if (config.mode === 'ANY' && declared.length === 0) {
    throw invalid('Function calling config is set without function_declarations.');
  }
  if (config.allowedFunctionNames === undefined) return;
  if (config.mode !== 'ANY' && config.mode !== 'VALIDATED') {
    throw invalid('Allowed function names should be set only when function calling mode is ANY or VALIDATED.');
  }
  const unknown = config.allowedFunctionNames.find((name) => !declared.includes(name));
  if (unknown !== undefined) {
    throw invalid(
      `* GenerateContentRequest.tool_config.function_calling_config.allowed_function_names: ${unknown} is not declared\n`,
    );
  }
}

function checkConfig(config: NonNullable<GenerateRequest['generationConfig']>, model: GeminiModel): void {
  const {
    responseSchema,
    responseJsonSchema,
    responseMimeType,
    thinkingConfig,
    candidateCount,
    responseLogprobs,
    logprobs,
  } = config;
  if (responseSchema !== undefined && responseJsonSchema !== undefined) {
    throw invalid('response_schema and response_json_schema cannot be set at the same time.');
  }
  if (
    (responseSchema ?? responseJsonSchema) !== undefined &&
    responseMimeType !== 'application/json' &&
    responseMimeType !== 'text/x.enum'
  ) {
    throw invalid("Response schema is only supported with response mime type 'application/json' or 'text/x.enum'.");
  }
  checkSchema(responseSchema, 'generation_config.response_schema');
  if (logprobs !== undefined && responseLogprobs !== true) {
    throw invalid('logprobs can only be set when response_logprobs is true.');
  }
  if (responseLogprobs === true && !model.logprobs) throw invalid(`Logprobs is not enabled for models/${model.id}`);
  if (candidateCount !== undefined && candidateCount > 1 && model.signs) {
    throw invalid('Multiple candidates is not enabled for this model');
  }
  if (thinkingConfig !== undefined) checkThinking(thinkingConfig, model);
}

type ThinkingConfig = NonNullable<NonNullable<GenerateRequest['generationConfig']>['thinkingConfig']>;

function checkThinking({ thinkingBudget, thinkingLevel }: ThinkingConfig, model: GeminiModel): void {
  if (thinkingBudget !== undefined && thinkingLevel !== undefined) {
    throw invalid('You can only set only one of thinking budget and thinking level.');
  }
  if (model.thinks === 'no') throw invalid('Thinking is not enabled for this model');
  if (thinkingLevel !== undefined && model.thinks !== 'levels')
    throw invalid('Thinking level is not supported for this model.');
  if (thinkingBudget === 0 && !model.canStopThinking) {
    throw invalid('Budget 0 is invalid. This model only works in thinking mode.');
  }
}
