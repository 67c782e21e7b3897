import { z } from 'zod';
import { enumeration, int64, message, repeated } from './proto.ts';

/**
 * What `models/*:generateContent`, `:streamGenerateContent` and `:countTokens` take. Members are what the SDK sends to the Developer API;
 * parts and tools that have no counterpart elsewhere (transcriptions, search, maps, computer use) are left out, but for Google search.
 */
const anything = z.record(z.string(), z.unknown());

/** A map from names to schemas keeps its names; each schema in it is read as a message. */
type SchemaShape = { readonly [word: string]: unknown };
const schema: z.ZodType<SchemaShape> = z.lazy(() =>
  message({
    anyOf: z.array(schema).optional(),
    default: z.unknown().optional(),
    description: z.string().optional(),
    enum: z.array(z.string()).optional(),
    example: z.unknown().optional(),
    format: z.string().optional(),
    items: schema.optional(),
    maxItems: int64().optional(),
    maxLength: int64().optional(),
    maxProperties: int64().optional(),
    maximum: z.number().optional(),
    minItems: int64().optional(),
    minLength: int64().optional(),
    minProperties: int64().optional(),
    minimum: z.number().optional(),
    nullable: z.boolean().optional(),
    pattern: z.string().optional(),
    properties: z.record(z.string(), schema).optional(),
    propertyOrdering: z.array(z.string()).optional(),
    required: z.array(z.string()).optional(),
    title: z.string().optional(),
    type: enumeration([
      'TYPE_UNSPECIFIED',
      'STRING',
      'NUMBER',
      'INTEGER',
      'BOOLEAN',
      'ARRAY',
      'OBJECT',
      'NULL',
    ]).optional(),
  }),
);

const blob = message({ data: z.string(), mimeType: z.string() });
const fileData = message({ fileUri: z.string(), mimeType: z.string().optional() });

const part = message({
  text: z.string().optional(),
  thought: z.boolean().optional(),
  thoughtSignature: z.string().optional(),
  inlineData: blob.optional(),
  fileData: fileData.optional(),
  functionCall: message({
    id: z.string().optional(),
    name: z.string(),
    args: anything.optional(),
  }).optional(),
  functionResponse: message({
    id: z.string().optional(),
    name: z.string(),
    response: anything,
    parts: repeated(message({ inlineData: blob.optional(), fileData: fileData.optional() })).optional(),
    scheduling: enumeration(['SCHEDULING_UNSPECIFIED', 'SILENT', 'WHEN_IDLE', 'INTERRUPT']).optional(),
    willContinue: z.boolean().optional(),
  }).optional(),
  executableCode: message({
    id: z.string().optional(),
    code: z.string(),
    language: enumeration(['LANGUAGE_UNSPECIFIED', 'PYTHON']),
  }).optional(),
  codeExecutionResult: message({
    id: z.string().optional(),
    outcome: enumeration(['OUTCOME_UNSPECIFIED', 'OUTCOME_OK', 'OUTCOME_FAILED', 'OUTCOME_DEADLINE_EXCEEDED']),
    output: z.string().optional(),
  }).optional(),
  mediaResolution: message({
    level: enumeration([
      'MEDIA_RESOLUTION_UNSPECIFIED',
      'MEDIA_RESOLUTION_LOW',
      'MEDIA_RESOLUTION_MEDIUM',
      'MEDIA_RESOLUTION_HIGH',
      'MEDIA_RESOLUTION_ULTRA_HIGH',
    ]).optional(),
    numTokens: z.int().optional(),
  }).optional(),
  videoMetadata: message({
    startOffset: z.string().optional(),
    endOffset: z.string().optional(),
    fps: z.number().optional(),
  }).optional(),
  partMetadata: anything.optional(),
});

const content = message({ role: z.string().optional(), parts: repeated(part).optional() });

const tool = message({
  functionDeclarations: repeated(
    message({
      name: z.string().regex(/^[a-zA-Z_][a-zA-Z0-9_.:-]{0,63}$/),
      description: z.string().optional(),
      parameters: schema.optional(),
      parametersJsonSchema: z.unknown().optional(),
      response: schema.optional(),
      responseJsonSchema: z.unknown().optional(),
      behavior: enumeration(['UNSPECIFIED', 'BLOCKING', 'NON_BLOCKING']).optional(),
    }),
  ).optional(),
  googleSearch: message({
    timeRangeFilter: message({ startTime: z.string().optional(), endTime: z.string().optional() }).optional(),
    searchTypes: message({ webSearch: message({}).optional(), imageSearch: message({}).optional() }).optional(),
  }).optional(),
  codeExecution: message({}).optional(),
  urlContext: message({}).optional(),
});

const toolConfig = message({
  functionCallingConfig: message({
    mode: enumeration(['MODE_UNSPECIFIED', 'AUTO', 'ANY', 'NONE', 'VALIDATED']).optional(),
    allowedFunctionNames: z.array(z.string()).optional(),
  }).optional(),
  retrievalConfig: message({
    languageCode: z.string().optional(),
    latLng: message({ latitude: z.number().optional(), longitude: z.number().optional() }).optional(),
  }).optional(),
  includeServerSideToolInvocations: z.boolean().optional(),
});

const safetySetting = message({
  category: enumeration([
    'HARM_CATEGORY_HARASSMENT',
    'HARM_CATEGORY_HATE_SPEECH',
    'HARM_CATEGORY_SEXUALLY_EXPLICIT',
    'HARM_CATEGORY_DANGEROUS_CONTENT',
    'HARM_CATEGORY_CIVIC_INTEGRITY',
  ]),
  threshold: enumeration([
    'HARM_BLOCK_THRESHOLD_UNSPECIFIED',
    'BLOCK_LOW_AND_ABOVE',
    'BLOCK_MEDIUM_AND_ABOVE',
    'BLOCK_ONLY_HIGH',
    'BLOCK_NONE',
    'OFF',
  ]),
});

const voice = message({ prebuiltVoiceConfig: message({ voiceName: z.string().optional() }).optional() });

export const generationConfig = message({
  temperature: z.number().min(0).max(2).optional(),
  topP: z.number().min(0).max(1).optional(),
  topK: z.number().min(1).optional(),
  candidateCount: z.int().min(1).max(8).optional(),
  maxOutputTokens: z.int().min(1).optional(),
  stopSequences: z.array(z.string()).max(5).optional(),
  responseLogprobs: z.boolean().optional(),
  logprobs: z.int().min(0).max(20).optional(),
  presencePenalty: z.number().min(-2).max(2).optional(),
  frequencyPenalty: z.number().min(-2).max(2).optional(),
  seed: z.int().optional(),
  responseMimeType: z.enum(['text/plain', 'application/json', 'text/x.enum']).optional(),
  responseSchema: schema.optional(),
  responseJsonSchema: z.unknown().optional(),
  responseModalities: z.array(enumeration(['MODALITY_UNSPECIFIED', 'TEXT', 'IMAGE', 'AUDIO'])).optional(),
  mediaResolution: enumeration([
    'MEDIA_RESOLUTION_UNSPECIFIED',
    'MEDIA_RESOLUTION_LOW',
    'MEDIA_RESOLUTION_MEDIUM',
    'MEDIA_RESOLUTION_HIGH',
  ]).optional(),
  speechConfig: message({
    voiceConfig: voice.optional(),
    languageCode: z.string().optional(),
    multiSpeakerVoiceConfig: message({
      speakerVoiceConfigs: repeated(
        message({ speaker: z.string().optional(), voiceConfig: voice.optional() }),
      ).optional(),
    }).optional(),
  }).optional(),
  thinkingConfig: message({
    includeThoughts: z.boolean().optional(),
    thinkingBudget: z.int().optional(),
    thinkingLevel: enumeration(['THINKING_LEVEL_UNSPECIFIED', 'MINIMAL', 'LOW', 'MEDIUM', 'HIGH']).optional(),
  }).optional(),
  imageConfig: message({ aspectRatio: z.string().optional(), imageSize: z.string().optional() }).optional(),
  enableEnhancedCivicAnswers: z.boolean().optional(),
});

const TIERS = ['UNSPECIFIED', 'STANDARD', 'FLEX', 'PRIORITY'] as const;

const generate = {
  model: z.string().optional(),
  contents: repeated(content).optional(),
  systemInstruction: content.optional(),
  tools: repeated(tool).optional(),
  toolConfig: toolConfig.optional(),
  safetySettings: repeated(safetySetting).optional(),
  generationConfig: generationConfig.optional(),
  cachedContent: z.string().optional(),
  labels: z.record(z.string(), z.string()).optional(),
  store: z.boolean().optional(),
  // An early form had a prefix.
  serviceTier: z
    .preprocess(
      (value) => (typeof value === 'string' ? value.toUpperCase().replace(/^SERVICE_TIER_/, '') : value),
      z.enum(TIERS),
    )
    .optional(),
};

export const generateRequest = message(generate);
export const countRequest = message({
  contents: repeated(content).optional(),
  generateContentRequest: message({ ...generate, model: z.string() }).optional(),
});

export type GenerateRequest = z.output<typeof generateRequest>;
export type CountRequest = z.output<typeof countRequest>;
export type Content = z.output<typeof content>;
export type Part = z.output<typeof part>;
export type GeminiTool = z.output<typeof tool>;
