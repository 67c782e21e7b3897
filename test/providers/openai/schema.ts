import { z } from 'zod';

/** What `POST /v1/chat/completions` and `POST /v1/embeddings` take; the members are those of the SDK's types, the bounds the API's. */
const name = z.string().regex(/^[^\s<|\\/>]+$/);
export const functionName = z
  .string()
  .regex(/^[a-zA-Z0-9_-]+$/)
  .max(64);
export const cacheBreakpoint = z
  .strictObject({ mode: z.literal('explicit'), ttl: z.enum(['30m', '12h']).optional() })
  .optional();

const textPart = z.strictObject({
  type: z.literal('text'),
  text: z.string(),
  prompt_cache_breakpoint: cacheBreakpoint,
});
const imagePart = z.strictObject({
  type: z.literal('image_url'),
  image_url: z.strictObject({ url: z.string().min(1), detail: z.enum(['auto', 'low', 'high', 'original']).optional() }),
  prompt_cache_breakpoint: cacheBreakpoint,
});
const audioPart = z.strictObject({
  type: z.literal('input_audio'),
  input_audio: z.strictObject({ data: z.string(), format: z.enum(['wav', 'mp3']) }),
  prompt_cache_breakpoint: cacheBreakpoint,
});
const filePart = z.strictObject({
  type: z.literal('file'),
  file: z.strictObject({
    file_data: z.string().optional(),
    file_id: z.string().optional(),
    filename: z.string().optional(),
  }),
  prompt_cache_breakpoint: cacheBreakpoint,
});
const refusalPart = z.strictObject({ type: z.literal('refusal'), refusal: z.string() });

const texts = z.union([z.string(), z.array(textPart).min(1)]);
const toolCallId = z.string().min(1).max(40);
const toolCall = z.discriminatedUnion('type', [
  z.strictObject({
    id: toolCallId,
    type: z.literal('function'),
    function: z.strictObject({ name: functionName, arguments: z.string() }),
  }),
  z.strictObject({
    id: toolCallId,
    type: z.literal('custom'),
    custom: z.strictObject({ name: functionName, input: z.string() }),
  }),
]);

const message = z.discriminatedUnion('role', [
  z.strictObject({ role: z.literal('developer'), content: texts, name: name.optional() }),
  z.strictObject({ role: z.literal('system'), content: texts, name: name.optional() }),
  z.strictObject({
    role: z.literal('user'),
    content: z.union([
      z.string(),
      z.array(z.discriminatedUnion('type', [textPart, imagePart, audioPart, filePart])).min(1),
    ]),
    name: name.optional(),
  }),
  z.strictObject({
    role: z.literal('assistant'),
    content: z
      .union([z.string(), z.array(z.discriminatedUnion('type', [textPart, refusalPart])).min(1), z.null()])
      .optional(),
    refusal: z.string().nullable().optional(),
    name: name.optional(),
    audio: z.strictObject({ id: z.string() }).nullable().optional(),
    function_call: z.strictObject({ name: functionName, arguments: z.string() }).nullable().optional(),
    tool_calls: z.array(toolCall).min(1).optional(),
  }),
  z.strictObject({ role: z.literal('tool'), content: texts, tool_call_id: toolCallId }),
  z.strictObject({ role: z.literal('function'), content: z.string().nullable(), name: functionName }),
]);

export const jsonSchema = z.record(z.string(), z.unknown());

const tool = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('function'),
    function: z.strictObject({
      name: functionName,
      description: z.string().optional(),
      parameters: jsonSchema.optional(),
      strict: z.boolean().nullable().optional(),
    }),
  }),
  z.strictObject({
    type: z.literal('custom'),
    custom: z.strictObject({
      name: functionName,
      description: z.string().optional(),
      format: z
        .discriminatedUnion('type', [
          z.strictObject({ type: z.literal('text') }),
          z.strictObject({
            type: z.literal('grammar'),
            grammar: z.strictObject({ definition: z.string(), syntax: z.enum(['lark', 'regex']) }),
          }),
        ])
        .optional(),
    }),
  }),
]);

const toolChoice = z.union([
  z.enum(['none', 'auto', 'required']),
  z.discriminatedUnion('type', [
    z.strictObject({ type: z.literal('function'), function: z.strictObject({ name: functionName }) }),
    z.strictObject({ type: z.literal('custom'), custom: z.strictObject({ name: functionName }) }),
    z.strictObject({
      type: z.literal('allowed_tools'),
      allowed_tools: z.strictObject({ mode: z.enum(['auto', 'required']), tools: z.array(jsonSchema) }),
    }),
  ]),
]);

const responseFormat = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('text') }),
  z.strictObject({ type: z.literal('json_object') }),
  z.strictObject({
    type: z.literal('json_schema'),
    json_schema: z.strictObject({
      name: functionName,
      description: z.string().optional(),
      schema: jsonSchema.optional(),
      strict: z.boolean().nullable().optional(),
    }),
  }),
]);

export const metadata = z.record(z.string().max(64), z.string().max(512)).nullable();
export const effort = z.enum(['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max']).nullable();
export const moderation = z
  .strictObject({
    model: z.string(),
    policy: z
      .strictObject({
        input: z
          .strictObject({ mode: z.enum(['score', 'block']) })
          .nullable()
          .optional(),
        output: z
          .strictObject({ mode: z.enum(['score', 'block']) })
          .nullable()
          .optional(),
      })
      .nullable()
      .optional(),
  })
  .nullable();
export const temperature = z.number().min(0).max(2).nullable();
export const topP = z.number().min(0).max(1).nullable();
export const topLogprobs = z.int().min(0).max(20).nullable();
export const verbosity = z.enum(['low', 'medium', 'high']).nullable();
export const cacheRetention = z.enum(['in_memory', '24h']).nullable();
const penalty = z.number().min(-2).max(2).nullable();
const maxTokens = z.int().min(1).nullable();

export const location = z.strictObject({
  type: z.literal('approximate'),
  approximate: z.strictObject({
    city: z.string().optional(),
    country: z.string().optional(),
    region: z.string().optional(),
    timezone: z.string().optional(),
  }),
});

export const chatRequest = z.strictObject({
  messages: z.array(message).min(1),
  model: z.string(),
  audio: z
    .strictObject({
      format: z.enum(['wav', 'aac', 'mp3', 'flac', 'opus', 'pcm16']),
      voice: z.union([z.string(), z.strictObject({ id: z.string() })]),
    })
    .nullable()
    .optional(),
  frequency_penalty: penalty.optional(),
  function_call: z.union([z.enum(['none', 'auto']), z.strictObject({ name: functionName })]).optional(),
  functions: z
    .array(
      z.strictObject({
        name: functionName,
        description: z.string().optional(),
        parameters: jsonSchema.optional(),
      }),
    )
    .min(1)
    .max(128)
    .optional(),
  logit_bias: z.record(z.string(), z.number().min(-100).max(100)).nullable().optional(),
  logprobs: z.boolean().nullable().optional(),
  max_completion_tokens: maxTokens.optional(),
  max_tokens: maxTokens.optional(),
  metadata: metadata.optional(),
  modalities: z
    .array(z.enum(['text', 'audio']))
    .min(1)
    .nullable()
    .optional(),
  moderation: moderation.optional(),
  n: z.int().min(1).max(128).nullable().optional(),
  parallel_tool_calls: z.boolean().optional(),
  prediction: z
    .strictObject({ type: z.literal('content'), content: texts })
    .nullable()
    .optional(),
  presence_penalty: penalty.optional(),
  prompt_cache_key: z.string().nullable().optional(),
  prompt_cache_options: z
    .strictObject({ mode: z.enum(['implicit', 'explicit']).optional(), ttl: z.literal('30m').optional() })
    .optional(),
  prompt_cache_retention: cacheRetention.optional(),
  reasoning_effort: effort.optional(),
  response_format: responseFormat.optional(),
  safety_identifier: z.string().max(128).nullable().optional(),
  seed: z.int().nullable().optional(),
  service_tier: z.enum(['auto', 'default', 'flex', 'scale', 'priority', 'fast']).nullable().optional(),
  stop: z
    .union([z.string(), z.array(z.string()).min(1).max(4)])
    .nullable()
    .optional(),
  store: z.boolean().nullable().optional(),
  stream: z.boolean().nullable().optional(),
  stream_options: z
    .strictObject({ include_obfuscation: z.boolean().optional(), include_usage: z.boolean().optional() })
    .nullable()
    .optional(),
  temperature: temperature.optional(),
  tool_choice: toolChoice.optional(),
  tools: z.array(tool).min(1).max(128).optional(),
  top_logprobs: topLogprobs.optional(),
  top_p: topP.optional(),
  user: z.string().optional(),
  verbosity: verbosity.optional(),
  web_search_options: z
    .strictObject({
      search_context_size: z.enum(['low', 'medium', 'high']).optional(),
      user_location: location.nullable().optional(),
    })
    .optional(),
});

export type ChatRequest = z.infer<typeof chatRequest>;
export type ChatMessage = ChatRequest['messages'][number];

export const embeddingsRequest = z.strictObject({
  input: z.union([
    z.string().min(1),
    z.array(z.string().min(1)).min(1).max(2048),
    z.array(z.int()).min(1).max(2048),
    z.array(z.array(z.int()).min(1)).min(1).max(2048),
  ]),
  model: z.string(),
  dimensions: z.int().min(1).optional(),
  encoding_format: z.enum(['float', 'base64']).optional(),
  user: z.string().optional(),
});

export type EmbeddingsRequest = z.infer<typeof embeddingsRequest>;
