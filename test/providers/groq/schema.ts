import { z } from 'zod';

/**
 * What `POST /openai/v1/chat/completions` and `/embeddings` take; the members are those of the SDK's types, the bounds the API's. The
 * compound systems and documents, which have no counterpart elsewhere, are left out.
 */
const textPart = z.strictObject({ type: z.literal('text'), text: z.string() });
const imagePart = z.strictObject({
  type: z.literal('image_url'),
  image_url: z.strictObject({ url: z.string(), detail: z.enum(['auto', 'low', 'high']).optional() }),
});
const parts = z.array(z.discriminatedUnion('type', [textPart, imagePart]));
const texts = z.union([z.string(), z.array(textPart)]);
const name = z.string().optional();
const anything = z.record(z.string(), z.unknown());

const message = z.discriminatedUnion('role', [
  z.strictObject({ role: z.enum(['system', 'developer']), content: texts, name }),
  z.strictObject({ role: z.literal('user'), content: z.union([z.string(), parts]), name }),
  z.strictObject({
    role: z.literal('assistant'),
    content: z.union([z.string(), z.array(textPart), z.null()]).optional(),
    reasoning: z.string().nullable().optional(),
    name,
    function_call: z.strictObject({ name: z.string().optional(), arguments: z.string().optional() }).optional(),
    tool_calls: z
      .array(
        z.strictObject({
          id: z.string(),
          type: z.literal('function'),
          function: z.strictObject({ name: z.string(), arguments: z.string() }),
        }),
      )
      .optional(),
  }),
  z.strictObject({ role: z.literal('tool'), content: z.union([z.string(), parts]), tool_call_id: z.string() }),
  z.strictObject({ role: z.literal('function'), content: z.string().nullable(), name: z.string() }),
]);

const declared = {
  name: z
    .string()
    .regex(/^[a-zA-Z0-9_-]+$/)
    .max(64),
  description: z.string().optional(),
  parameters: anything.optional(),
};

const penalty = z.number().min(-2).max(2).nullable().optional();
const bound = z.int().min(1).nullable().optional();

export const chatRequest = z.strictObject({
  messages: z.array(message).min(1),
  model: z.string(),
  disable_tool_validation: z.boolean().optional(),
  frequency_penalty: penalty,
  function_call: z
    .union([z.enum(['none', 'auto', 'required']), z.strictObject({ name: z.string() })])
    .nullable()
    .optional(),
  functions: z.array(z.strictObject(declared)).max(128).nullable().optional(),
  include_reasoning: z.boolean().nullable().optional(),
  logit_bias: z.record(z.string(), z.number()).nullable().optional(),
  logprobs: z.boolean().nullable().optional(),
  max_completion_tokens: bound,
  max_tokens: bound,
  metadata: z.record(z.string(), z.string()).nullable().optional(),
  n: z.int().min(1).max(1).nullable().optional(),
  parallel_tool_calls: z.boolean().nullable().optional(),
  presence_penalty: penalty,
  reasoning_effort: z.enum(['none', 'default', 'low', 'medium', 'high']).nullable().optional(),
  reasoning_format: z.enum(['hidden', 'raw', 'parsed']).nullable().optional(),
  response_format: z
    .discriminatedUnion('type', [
      z.strictObject({ type: z.literal('text') }),
      z.strictObject({ type: z.literal('json_object') }),
      z.strictObject({
        type: z.literal('json_schema'),
        json_schema: z.strictObject({
          name: z.string(),
          description: z.string().optional(),
          schema: anything.optional(),
          strict: z.boolean().nullable().optional(),
        }),
      }),
    ])
    .nullable()
    .optional(),
  seed: z.int().nullable().optional(),
  service_tier: z.enum(['auto', 'on_demand', 'flex', 'performance']).nullable().optional(),
  stop: z
    .union([z.string(), z.array(z.string()).max(4)])
    .nullable()
    .optional(),
  store: z.boolean().nullable().optional(),
  stream: z.boolean().nullable().optional(),
  temperature: z.number().min(0).max(2).nullable().optional(),
  tool_choice: z
    .union([
      z.enum(['none', 'auto', 'required']),
      z.strictObject({ type: z.literal('function'), function: z.strictObject({ name: z.string() }) }),
    ])
    .nullable()
    .optional(),
  tools: z
    .array(
      z.strictObject({
        type: z.literal('function'),
        function: z.strictObject({ ...declared, strict: z.boolean().optional() }),
      }),
    )
    .max(128)
    .nullable()
    .optional(),
  top_logprobs: z.int().min(0).max(20).nullable().optional(),
  top_p: z.number().min(0).max(1).nullable().optional(),
  user: z.string().nullable().optional(),
});

/** With the member that OpenAI's SDK adds on request and that this provider's SDK has no type for. */
export const chatRequestWithStreamOptions = chatRequest.extend({
  stream_options: z.strictObject({ include_usage: z.boolean().optional() }).nullable().optional(),
});

export type GroqRequest = z.infer<typeof chatRequest>;
export type GroqRequestWithOptions = z.infer<typeof chatRequestWithStreamOptions>;
export type GroqMessage = GroqRequest['messages'][number];

export const embeddingsRequest = z.strictObject({
  input: z.union([z.string().min(1), z.array(z.string().min(1)).min(1)]),
  model: z.string(),
  encoding_format: z.enum(['float', 'base64']).optional(),
  user: z.string().nullable().optional(),
});

export type GroqEmbeddingsRequest = z.infer<typeof embeddingsRequest>;
