import { z } from 'zod';
import { MESSAGES_REQUESTS } from '../anthropic/schema.ts';

/**
 * What `converse`, `converse-stream`, `invoke` and `count-tokens` take, as it is on the wire: bytes are base64 there. Members are those of the
 * SDK's types; of content, video, audio, citations and tools that come and go are left out. That just one member of a union is set is
 * checked by the rules.
 */
const anything = z.unknown();
const s3Location = z.strictObject({ uri: z.string().regex(/^s3:\/\//), bucketOwner: z.string().optional() });
const cachePoint = z.strictObject({ type: z.literal('default'), ttl: z.enum(['5m', '1h']).optional() });

const image = z.strictObject({
  format: z.enum(['png', 'jpeg', 'gif', 'webp']),
  source: z.strictObject({ bytes: z.string().optional(), s3Location: s3Location.optional() }),
  error: z.strictObject({ message: z.string().optional() }).optional(),
});

const citations = z.strictObject({ enabled: z.boolean() });
const document = z.strictObject({
  format: z.enum(['pdf', 'csv', 'doc', 'docx', 'xls', 'xlsx', 'html', 'txt', 'md']).optional(),
  name: z.string().min(1).max(200),
  source: z.strictObject({
    bytes: z.string().optional(),
    s3Location: s3Location.optional(),
    text: z.string().optional(),
    content: z.array(z.strictObject({ text: z.string().optional() })).optional(),
  }),
  context: z.string().optional(),
  citations: citations.optional(),
});

const guardText = z.strictObject({
  text: z.string(),
  qualifiers: z.array(z.enum(['grounding_source', 'query', 'guard_content'])).optional(),
});
const guardContent = z.strictObject({
  text: guardText.optional(),
  image: z
    .strictObject({ format: z.enum(['png', 'jpeg']), source: z.strictObject({ bytes: z.string().optional() }) })
    .optional(),
});
const searchResult = z.strictObject({
  source: z.string(),
  title: z.string(),
  content: z.array(z.strictObject({ text: z.string() })),
  citations: citations.optional(),
});

const toolUseId = z
  .string()
  .min(1)
  .max(64)
  .regex(/^[a-zA-Z0-9_-]+$/);
const toolName = z
  .string()
  .min(1)
  .max(64)
  .regex(/^[a-zA-Z0-9_-]+$/);

export const contentBlock = z.strictObject({
  text: z.string().optional(),
  image: image.optional(),
  document: document.optional(),
  toolUse: z
    .strictObject({ toolUseId, name: toolName, input: anything, type: z.literal('server_tool_use').optional() })
    .optional(),
  toolResult: z
    .strictObject({
      toolUseId,
      content: z.array(
        z.strictObject({
          json: anything.optional(),
          text: z.string().optional(),
          image: image.optional(),
          document: document.optional(),
          searchResult: searchResult.optional(),
        }),
      ),
      status: z.enum(['success', 'error']).optional(),
      type: z.string().optional(),
    })
    .optional(),
  guardContent: guardContent.optional(),
  cachePoint: cachePoint.optional(),
  reasoningContent: z
    .strictObject({
      reasoningText: z.strictObject({ text: z.string(), signature: z.string().optional() }).optional(),
      redactedContent: z.string().optional(),
    })
    .optional(),
  searchResult: searchResult.optional(),
});

const toolConfig = z.strictObject({
  tools: z
    .array(
      z.strictObject({
        toolSpec: z
          .strictObject({
            name: toolName,
            description: z.string().min(1).optional(),
            inputSchema: z.strictObject({ json: anything.optional() }),
            strict: z.boolean().optional(),
          })
          .optional(),
        systemTool: z.strictObject({ name: z.string() }).optional(),
        cachePoint: cachePoint.optional(),
      }),
    )
    .min(1),
  toolChoice: z
    .strictObject({
      auto: z.strictObject({}).optional(),
      any: z.strictObject({}).optional(),
      tool: z.strictObject({ name: toolName }).optional(),
    })
    .optional(),
});

const inferenceConfig = z.strictObject({
  maxTokens: z.int().min(1).optional(),
  temperature: z.number().min(0).max(1).optional(),
  topP: z.number().min(0).max(1).optional(),
  stopSequences: z.array(z.string().min(1)).max(2500).optional(),
});

const conversation = {
  messages: z
    .array(z.strictObject({ role: z.enum(['user', 'assistant', 'system']), content: z.array(contentBlock) }))
    .optional(),
  system: z
    .array(
      z.strictObject({
        text: z.string().min(1).optional(),
        guardContent: guardContent.optional(),
        cachePoint: cachePoint.optional(),
      }),
    )
    .optional(),
  toolConfig: toolConfig.optional(),
  additionalModelRequestFields: anything.optional(),
};

const guardrail = {
  guardrailIdentifier: z.string().optional(),
  guardrailVersion: z.string().optional(),
  trace: z.enum(['enabled', 'disabled', 'enabled_full']).optional(),
};

const converse = {
  ...conversation,
  inferenceConfig: inferenceConfig.optional(),
  guardrailConfig: z.strictObject(guardrail).optional(),
  promptVariables: z.record(z.string(), z.strictObject({ text: z.string().optional() })).optional(),
  additionalModelResponseFieldPaths: z.array(z.string().regex(/^\//)).max(10).optional(),
  requestMetadata: z.record(z.string().min(1).max(256), z.string().max(256)).optional(),
  performanceConfig: z.strictObject({ latency: z.enum(['standard', 'optimized']).optional() }).optional(),
  serviceTier: z.strictObject({ type: z.enum(['default', 'priority', 'flex', 'reserved']) }).optional(),
  outputConfig: z
    .strictObject({
      textFormat: z
        .strictObject({
          type: z.literal('json_schema'),
          structure: z.strictObject({
            jsonSchema: z
              .strictObject({ schema: z.string(), name: z.string().optional(), description: z.string().optional() })
              .optional(),
          }),
        })
        .optional(),
      effort: z.enum(['low', 'medium', 'high', 'xhigh', 'max']).optional(),
    })
    .optional(),
};

export const converseRequest = z.strictObject(converse);
export const converseStreamRequest = z.strictObject({
  ...converse,
  guardrailConfig: z
    .strictObject({ ...guardrail, streamProcessingMode: z.enum(['sync', 'async']).optional() })
    .optional(),
});

export const countRequest = z.strictObject({
  input: z.strictObject({
    invokeModel: z.strictObject({ body: z.string() }).optional(),
    converse: z.strictObject(conversation).optional(),
  }),
});

/** The bodies of `invoke` are those of the models' makers, without what is in the path and the headers here. */
export const claudeRequest = MESSAGES_REQUESTS['2023-06-01']
  .omit({ model: true, stream: true, service_tier: true, workspace_id: true, inference_geo: true, container: true })
  .extend({ anthropic_version: z.literal('bedrock-2023-05-31'), anthropic_beta: z.array(z.string()).optional() });

export const novaRequest = z.strictObject({
  schemaVersion: z.literal('messages-v1').optional(),
  messages: conversation.messages,
  system: conversation.system,
  toolConfig: conversation.toolConfig,
  inferenceConfig: inferenceConfig.extend({ topK: z.int().min(0).max(128).optional() }).optional(),
});

export type ConverseRequest = z.infer<typeof converseStreamRequest>;
export type CountRequest = z.infer<typeof countRequest>;
export type ClaudeRequest = z.infer<typeof claudeRequest>;
export type Message = NonNullable<ConverseRequest['messages']>[number];
export type ContentBlock = z.infer<typeof contentBlock>;
