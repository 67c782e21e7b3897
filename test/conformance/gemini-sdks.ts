import { ApiError, GoogleGenAI, type GenerateContentResponse, type HttpOptions } from '@google/genai';
import { ApiError as ApiError2, GoogleGenAI as GoogleGenAI2 } from 'genai-2';
import { startHouse, type House, type HouseOptions } from '../e2e/harness.ts';
import { ANTHROPIC_KEY, startAnthropic, type AnthropicFake } from '../providers/anthropic/fake.ts';
import { GEMINI_KEY, startGemini, type GeminiFake } from '../providers/gemini/fake.ts';
import { OPENAI_KEY, startOpenAi, type OpenAiFake } from '../providers/openai/fake.ts';

/** Google's SDK in its two majors: of what the cases use they have the same interface, and they differ in the version that they put into paths. */
export interface GeminiSdk {
  readonly name: string;
  connect(baseUrl: string, options?: { readonly apiKey?: string; readonly http?: HttpOptions }): GoogleGenAI;
  readonly ApiError: new (options: { message: string; status: number }) => Error & { status: number };
}

const ANY_KEY = 'op_not_looked_at_by_an_open_gateway';

export const GENAI_3: GeminiSdk = {
  name: 'genai-3, v1',
  connect: (baseUrl, { apiKey = ANY_KEY, http = {} } = {}) =>
    new GoogleGenAI({ apiKey, httpOptions: { ...http, baseUrl } }),
  ApiError,
};

export const GENAI_2: GeminiSdk = {
  name: 'genai-2, v1beta',
  connect: (baseUrl, { apiKey = ANY_KEY, http = {} } = {}) =>
    new GoogleGenAI2({ apiKey, httpOptions: { ...http, baseUrl } }) as unknown as GoogleGenAI,
  ApiError: ApiError2,
};

export const GEMINI_SDKS: readonly GeminiSdk[] = [GENAI_3, GENAI_2];

/** What programs can read of an `ApiError`: its message is the body of the answer. */
export interface Told {
  readonly status: number;
  readonly code: string;
  readonly message: string;
  /** Its details by their type, without the prefix that all have. */
  readonly details: Readonly<Record<string, Record<string, unknown>>>;
}

export async function refusalOf(sdk: GeminiSdk, work: Promise<unknown>): Promise<Told> {
  const error: unknown = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof sdk.ApiError)) throw new Error(`it was expected to be refused, and ${String(error)} came`);
  return toldBy(error);
}

/** Of an error inside a stream the SDK says the status before it gives the body. */
const INSIDE_A_STREAM = /^got status: \w+\. /;

function toldBy(error: Error & { readonly status: number }): Told {
  const { error: body } = JSON.parse(error.message.replace(INSIDE_A_STREAM, '')) as {
    error: { code: number; status: string; message: string; details?: { '@type': string }[] };
  };
  if (body.code !== error.status) throw new Error(`the body says ${body.code}, and the answer has ${error.status}`);
  const details = (body.details ?? []).map(
    ({ '@type': type, ...rest }) => [type.replace('type.googleapis.com/google.rpc.', ''), rest] as const,
  );
  return { status: error.status, code: body.status, message: body.message, details: Object.fromEntries(details) };
}

/** The seconds of a `RetryInfo`. */
export function retryAfterS({ details }: Told): number {
  const delay = details['RetryInfo']?.['retryDelay'];
  const seconds = typeof delay === 'string' ? /^([\d.]+)s$/.exec(delay)?.[1] : undefined;
  if (seconds === undefined) throw new Error(`it is no duration as protobuf writes them: ${String(delay)}`);
  return Number(seconds);
}

export type Way = 'unary' | 'stream';
export const WAYS: readonly Way[] = ['unary', 'stream'];

type Request = Parameters<GoogleGenAI['models']['generateContent']>[0];

/** An answer in chunks; a unary one is one. */
export async function generate(ai: GoogleGenAI, way: Way, request: Request): Promise<GenerateContentResponse[]> {
  if (way === 'unary') return [await ai.models.generateContent(request)];
  return Array.fromAsync(await ai.models.generateContentStream(request));
}

export function textOf(chunks: readonly GenerateContentResponse[]): string {
  return chunks
    .map((chunk) => partsOf(chunk).flatMap(({ text, thought }) => (thought === true ? [] : (text ?? ''))))
    .flat()
    .join('');
}

export function partsOf(
  chunk: GenerateContentResponse,
): NonNullable<NonNullable<NonNullable<GenerateContentResponse['candidates']>[number]['content']>['parts']> {
  return chunk.candidates?.[0]?.content?.parts ?? [];
}

/** The tier of a chunk, by its header and by its usage, which the SDK's types leave out. */
export function tiersOf(chunk: GenerateContentResponse): (string | undefined)[] {
  const usage = chunk.usageMetadata as { serviceTier?: string } | undefined;
  return [chunk.sdkHttpResponse?.headers?.['x-gemini-service-tier'], usage?.serviceTier];
}

/** A gateway before an engine, a Gemini, an OpenAI and an Anthropic. */
export interface GeminiHouse extends House {
  readonly gemini: GeminiFake;
  readonly openai: OpenAiFake;
  readonly anthropic: AnthropicFake;
  /** What the providers would not have taken. */
  violations(): unknown[];
}

export async function startGeminiHouse(options: HouseOptions = {}): Promise<GeminiHouse> {
  const [gemini, openai, anthropic] = await Promise.all([startGemini(), startOpenAi(), startAnthropic()]);
  const house = await startHouse({
    engines: [{}],
    ...options,
    upstreams: [
      `{ name: gemini, kind: provider, provider: gemini, url: "${gemini.url}", apiKey: ${GEMINI_KEY} }`,
      `{ name: openai, kind: provider, provider: openai, url: "${openai.url}", apiKey: ${OPENAI_KEY} }`,
      `{ name: anthropic, kind: provider, provider: anthropic, url: "${anthropic.url}", apiKey: ${ANTHROPIC_KEY} }`,
    ],
  });
  return {
    ...house,
    gemini,
    openai,
    anthropic,
    violations: () => [gemini, openai, anthropic].flatMap(({ violations }) => violations),
    close: async () => {
      await house.close();
      await Promise.all([gemini.close(), openai.close(), anthropic.close()]);
    },
  };
}
