import {
  BedrockRuntimeClient,
  type BedrockRuntimeClientConfig,
  type ContentBlock,
  ConverseCommand,
  type ConverseCommandInput,
  ConverseStreamCommand,
  type ConverseStreamOutput,
  type StopReason,
  type TokenUsage,
} from '@aws-sdk/client-bedrock-runtime';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { startHouse, type House, type HouseOptions } from '../e2e/harness.ts';
import { ANTHROPIC_KEY, startAnthropic, type AnthropicFake } from '../providers/anthropic/fake.ts';
import { BEDROCK_CREDENTIALS, BEDROCK_KEY, startBedrock, type BedrockFake } from '../providers/bedrock/fake.ts';

/** How AWS's SDK reaches the gateway: over HTTP/2 as it comes, or over HTTP/1.1 with the other handler. */
export interface Transport {
  readonly name: string;
  readonly handler: () => Pick<BedrockRuntimeClientConfig, 'requestHandler'>;
}

export const HTTP2: Transport = { name: 'HTTP/2', handler: () => ({}) };
export const HTTP1: Transport = { name: 'HTTP/1.1', handler: () => ({ requestHandler: new NodeHttpHandler() }) };
export const TRANSPORTS: readonly Transport[] = [HTTP2, HTTP1];

export function connect(
  endpoint: string,
  { handler }: Transport = HTTP2,
  options: BedrockRuntimeClientConfig = {},
): BedrockRuntimeClient {
  return new BedrockRuntimeClient({
    region: 'us-east-1',
    endpoint,
    credentials: { accessKeyId: 'AKIANOBODYLOOKS', secretAccessKey: 'at this' },
    ...handler(),
    ...options,
  });
}

export type Way = 'unary' | 'stream';
export const WAYS: readonly Way[] = ['unary', 'stream'];

/** What a caller keeps of an answer, whichever way it came. */
export interface Heard {
  readonly content: ContentBlock[];
  readonly text: string;
  readonly stop: StopReason | undefined;
  readonly usage: TokenUsage | undefined;
  readonly tier: string | undefined;
  readonly requestId: string | undefined;
}

export async function converse(client: BedrockRuntimeClient, way: Way, input: ConverseCommandInput): Promise<Heard> {
  if (way === 'unary') {
    const { output, stopReason, usage, serviceTier, $metadata } = await client.send(new ConverseCommand(input));
    const content = output?.message?.content ?? [];
    return {
      content,
      text: textIn(content),
      stop: stopReason,
      usage,
      tier: serviceTier?.type,
      requestId: $metadata.requestId,
    };
  }
  const { stream, $metadata } = await client.send(new ConverseStreamCommand(input));
  const put = new Assembly();
  for await (const event of stream!) put.hear(event);
  return { ...put.heard(), requestId: $metadata.requestId };
}

export function textIn(content: readonly ContentBlock[]): string {
  return content.map(({ text }) => text ?? '').join('');
}

/** Puts the events of a stream together, as the documentation tells callers to. */
class Assembly {
  readonly #blocks: ContentBlock[] = [];
  readonly #inputs = new Map<number, string>();
  #stop: StopReason | undefined;
  #usage: TokenUsage | undefined;
  #tier: string | undefined;

  hear(event: ConverseStreamOutput): void {
    const { contentBlockStart: start, contentBlockDelta: change, contentBlockStop, messageStop, metadata } = event;
    if (start?.start?.toolUse !== undefined) {
      const { toolUseId, name } = start.start.toolUse;
      this.#blocks[start.contentBlockIndex!] = { toolUse: { toolUseId, name, input: {} } };
    }
    if (change !== undefined) this.#change(change.contentBlockIndex!, change.delta!);
    if (contentBlockStop !== undefined) this.#close(contentBlockStop.contentBlockIndex!);
    if (messageStop !== undefined) this.#stop = messageStop.stopReason;
    if (metadata === undefined) return;
    this.#usage = metadata.usage;
    this.#tier = metadata.serviceTier?.type;
  }

  heard(): Omit<Heard, 'requestId'> {
    return {
      content: this.#blocks,
      text: textIn(this.#blocks),
      stop: this.#stop,
      usage: this.#usage,
      tier: this.#tier,
    };
  }

  #change(index: number, delta: NonNullable<NonNullable<ConverseStreamOutput['contentBlockDelta']>['delta']>): void {
    const before = this.#blocks[index];
    if (delta.text !== undefined) this.#blocks[index] = { text: (before?.text ?? '') + delta.text };
    if (delta.toolUse !== undefined) {
      this.#inputs.set(index, (this.#inputs.get(index) ?? '') + (delta.toolUse.input ?? ''));
    }
    const { text, signature, redactedContent } = delta.reasoningContent ?? {};
    if (redactedContent !== undefined) this.#blocks[index] = { reasoningContent: { redactedContent } };
    if (text === undefined && signature === undefined) return;
    const thought = before?.reasoningContent?.reasoningText ?? { text: '' };
    this.#blocks[index] = {
      reasoningContent: {
        reasoningText: {
          ...thought,
          text: (thought.text ?? '') + (text ?? ''),
          ...(signature === undefined ? {} : { signature }),
        },
      },
    };
  }

  #close(index: number): void {
    const { toolUse } = this.#blocks[index]!;
    const input = this.#inputs.get(index);
    if (toolUse === undefined || input === undefined) return;
    this.#blocks[index] = { toolUse: { ...toolUse, input: JSON.parse(input) as never } };
  }
}

export async function failureOf(work: Promise<unknown>): Promise<AwsError> {
  try {
    await work;
  } catch (error) {
    return error as AwsError;
  }
  throw new Error('it was expected to fail');
}

export interface AwsError extends Error {
  readonly $metadata: { readonly httpStatusCode?: number; readonly requestId?: string; readonly attempts?: number };
}

/** A gateway before an engine, a Bedrock that signed requests reach, one that takes a key, and an Anthropic. */
export interface BedrockHouse extends House {
  readonly bedrock: BedrockFake;
  readonly keyed: BedrockFake;
  readonly anthropic: AnthropicFake;
  /** What the providers would not have taken. */
  violations(): unknown[];
}

export const SIGNED_MODELS = [
  'amazon.nova-pro-v1:0',
  'us.anthropic.claude-sonnet-4-5-20250929-v1:0',
  'us.anthropic.claude-opus-4-8',
  'meta.llama3-3-70b-instruct-v1:0',
];
export const ARN = 'arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.anthropic.claude-opus-4-8';

export async function startBedrockHouse(options: HouseOptions = {}): Promise<BedrockHouse> {
  const [bedrock, keyed, anthropic] = await Promise.all([startBedrock(), startBedrock(), startAnthropic()]);
  const { accessKeyId, secretAccessKey } = BEDROCK_CREDENTIALS;
  const signed = JSON.stringify([...SIGNED_MODELS, ARN]);
  const house = await startHouse({
    engines: [{}],
    ...options,
    upstreams: [
      `{ name: bedrock, kind: provider, provider: bedrock, url: "${bedrock.url}", region: us-east-1, accessKeyId: ${accessKeyId}, secretAccessKey: "${secretAccessKey}", models: ${signed} }`,
      `{ name: keyed, kind: provider, provider: bedrock, url: "${keyed.url}", apiKey: ${BEDROCK_KEY}, models: ["openai.gpt-oss-120b-1:0", "qwen.qwen3-32b-v1:0"] }`,
      `{ name: anthropic, kind: provider, provider: anthropic, url: "${anthropic.url}", apiKey: ${ANTHROPIC_KEY} }`,
    ],
  });
  const fakes = [bedrock, keyed, anthropic];
  return {
    ...house,
    bedrock,
    keyed,
    anthropic,
    violations: () => fakes.flatMap(({ violations }) => violations),
    close: async () => {
      await house.close();
      await Promise.all(fakes.map((fake) => fake.close()));
    },
  };
}
