import type { Answer } from '../deliver.ts';
import { headerOf, mediaTypeOf, startFake, type Fake, type Received } from '../fake.ts';
import { converseAnswer, countAnswer } from './converse.ts';
import { refused } from './errors.ts';
import { exceptionFrame, malformedFrame } from './frames.ts';
import { invokeAnswer } from './invoke.ts';
import { exceptionOf } from './refusals.ts';
import { knownModel } from './rules.ts';
import { bedrockSettings, type BedrockSettings } from './settings.ts';
import { checkSignature, type Credentials } from './sigv4.ts';

export const BEDROCK_REGION = 'us-east-1';
export const BEDROCK_KEY = 'ABSKfakeBedrockKey';
export const BEDROCK_CREDENTIALS: Credentials = {
  accessKeyId: 'AKIAFAKEFAKEFAKEFAKE',
  secretAccessKey: 'fake/secret/access/key/of/bedrock+tests',
};

export interface BedrockFake extends Fake {
  readonly settings: BedrockSettings;
}

/** Another set of credentials: of a session, with its token. */
export async function startBedrock(credentials: Credentials = BEDROCK_CREDENTIALS): Promise<BedrockFake> {
  const settings = bedrockSettings();
  let count = 0;
  const ids = (): string => String((count += 1)).padStart(12, '0');
  const fake = await startFake({
    answer: async (request) => {
      await checkCaller(request, credentials);
      return answerTo(request, ids, settings);
    },
    generates: ({ path }) => !path.endsWith('/count-tokens'),
    headers: () => ({ 'x-amzn-requestid': `00000000-0000-4000-8000-${ids()}` }),
    inStream: () => ({
      error: ({ refusal }) => {
        const { type, message } = exceptionOf(refusal);
        return exceptionFrame(type, message);
      },
      malformed: malformedFrame('contentBlockDelta'),
    }),
  });
  return { ...fake, settings };
}

/** Either a key or a signature. */
async function checkCaller(request: Received, credentials: Credentials): Promise<void> {
  const authorization = headerOf(request, 'authorization') ?? '';
  if (authorization === '') throw refused(403, 'MissingAuthenticationTokenException', 'Missing Authentication Token');
  if (authorization.startsWith('AWS4-HMAC-SHA256')) {
    await checkSignature(request, credentials, BEDROCK_REGION);
    return;
  }
  if (authorization !== `Bearer ${BEDROCK_KEY}`) {
    throw refused(403, 'AccessDeniedException', 'Authentication failed: Please make sure your API Key is valid.');
  }
}

function answerTo(request: Received, ids: () => string, settings: BedrockSettings): Answer {
  const [, name, operation] = /^\/model\/([^/]+)\/([a-z-]+)$/.exec(request.path) ?? [];
  if (request.method !== 'POST' || name === undefined || !OPERATIONS.has(operation!)) {
    throw refused(404, 'UnknownOperationException', 'The requested operation is not recognized by the service.');
  }
  checkBody(request, operation!);
  const model = knownModel(decodeURIComponent(name));
  switch (operation) {
    case 'converse':
    case 'converse-stream':
      return converseAnswer(request.body, model, operation === 'converse-stream', ids, settings);
    case 'count-tokens':
      return countAnswer(request.body, model);
    default:
      return invokeAnswer(request, model, operation === 'invoke-with-response-stream', ids, settings);
  }
}

const OPERATIONS = new Set(['converse', 'converse-stream', 'count-tokens', 'invoke', 'invoke-with-response-stream']);

/** A caller of `invoke` who says nothing of its body's type says so in these words. */
function checkBody(request: Received, operation: string): void {
  const type = mediaTypeOf(request);
  const unsaid = operation.startsWith('invoke') && type === 'application/octet-stream';
  if (type !== 'application/json' && !unsaid) {
    throw refused(
      415,
      'UnsupportedMediaTypeException',
      `The content type ${type === '' ? 'of nothing' : type} is not supported.`,
    );
  }
  if (request.body === undefined) throw refused(400, 'SerializationException', 'Unexpected end of JSON');
}
