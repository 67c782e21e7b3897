import fc from 'fast-check';
import type {
  AnswerFormat,
  CanonicalRequest,
  DocumentPart,
  ImagePart,
  Message,
  OpaqueState,
  Part,
  ReasoningWish,
  Sampling,
  TextPart,
  Tool,
  ToolCallPart,
  ToolChoice,
  ToolResultPart,
} from '../request.ts';
import { base64, json, name, schema, sometimes, state, text } from './values.ts';

/** What a wire has a place for. Requests are made of no more than that. */
export interface RequestCan {
  readonly sampling: readonly (keyof Sampling)[];
  readonly imageSources: readonly ('base64' | 'url')[];
  readonly imageTypes: readonly string[];
  readonly imageDetails: readonly NonNullable<ImagePart['detail']>[];
  readonly documentSources: readonly ('base64' | 'url' | 'text')[];
  readonly documentTypes: readonly string[];
  readonly documentNames: boolean;
  /** URLs say what they lead to. */
  readonly urlTypes: boolean;
  readonly toolResults: readonly ('image' | 'document')[];
  /** A result may be several texts. */
  readonly toolResultTexts: boolean;
  readonly toolErrors: boolean;
  readonly toolStrict: boolean;
  readonly parallelToolCalls: boolean;
  readonly formats: readonly AnswerFormat['kind'][];
  readonly formatNames: boolean;
  readonly wishes: readonly ReasoningWish[];
  readonly logprobs: boolean;
  readonly user: boolean;
  readonly cache: boolean;
  readonly refusals: boolean;
  readonly systemLater: boolean;
  /** Thoughts of earlier turns. `states`: whose signatures the wire can carry; `bareThoughts`: thoughts without one. */
  readonly thoughts: boolean;
  readonly bareThoughts: boolean;
  readonly states: readonly OpaqueState['from'][];
  /** Of those, the ones that a tool call can carry. */
  readonly callStates: readonly OpaqueState['from'][];
}

const samplings: { readonly [name in keyof Sampling]-?: fc.Arbitrary<NonNullable<Sampling[name]>> } = {
  maxTokens: fc.integer({ min: 1, max: 100_000 }),
  temperature: fc.integer({ min: 0, max: 20 }).map((tenths) => tenths / 10),
  topP: fc.integer({ min: 1, max: 9 }).map((tenths) => tenths / 10),
  topK: fc.integer({ min: 1, max: 100 }),
  frequencyPenalty: fc.integer({ min: -20, max: 19 }).map((tenths) => (tenths + 0.5) / 10),
  presencePenalty: fc.integer({ min: -20, max: 19 }).map((tenths) => (tenths + 0.5) / 10),
  seed: fc.integer({ min: 1, max: 1_000_000 }),
  stop: fc.uniqueArray(text, { minLength: 1, maxLength: 4 }),
  choices: fc.integer({ min: 2, max: 5 }),
};

function sampling(names: readonly (keyof Sampling)[]): fc.Arbitrary<Sampling> {
  const chosen = Object.fromEntries(names.map((member) => [member, samplings[member]]));
  return fc.record(chosen, { requiredKeys: [] });
}

function cached<P extends object>(part: fc.Arbitrary<P>, can: RequestCan): fc.Arbitrary<P> {
  if (!can.cache) return part;
  return fc
    .tuple(part, fc.option(fc.constantFrom('5m', '1h'), { freq: 5 }))
    .map(([value, cache]) => (cache === null ? value : { ...value, cache }));
}

function url(mediaType: string): fc.Arbitrary<string> {
  const ending = mediaType.slice(mediaType.indexOf('/') + 1);
  return name.map((path) => `https://files.example/${path}.${ending}`);
}

function located(
  can: RequestCan,
  types: readonly string[],
): fc.Arbitrary<{ kind: 'url'; url: string; mediaType?: string }> {
  return fc
    .constantFrom(...types)
    .chain((mediaType) =>
      url(mediaType).map((address) => ({ kind: 'url', url: address, ...(can.urlTypes ? { mediaType } : {}) })),
    );
}

function embedded(types: readonly string[]): fc.Arbitrary<{ kind: 'base64'; mediaType: string; data: string }> {
  return fc.record({ kind: fc.constant('base64' as const), mediaType: fc.constantFrom(...types), data: base64 });
}

function textPart(can: RequestCan): fc.Arbitrary<TextPart> {
  return cached(
    text.map((value) => ({ kind: 'text', text: value }) as const),
    can,
  );
}

function imagePart(can: RequestCan): fc.Arbitrary<ImagePart> {
  const sources = can.imageSources.map((kind) =>
    kind === 'url' ? located(can, can.imageTypes) : embedded(can.imageTypes),
  );
  const bare = fc.record({ kind: fc.constant('image' as const), source: fc.oneof(...sources) });
  const image = sometimes<ImagePart>(bare, can.imageDetails.length > 0, () =>
    fc.record({ detail: fc.constantFrom(...can.imageDetails) }),
  );
  return cached(image, can);
}

function documentPart(can: RequestCan): fc.Arbitrary<DocumentPart> {
  const sources = can.documentSources.map((kind): fc.Arbitrary<DocumentPart['source']> => {
    if (kind === 'text') return text.map((value) => ({ kind: 'text', text: value }));
    return kind === 'url' ? located(can, can.documentTypes) : embedded(can.documentTypes);
  });
  const bare = fc.record({ kind: fc.constant('document' as const), source: fc.oneof(...sources) });
  return cached(
    sometimes<DocumentPart>(bare, can.documentNames, () => fc.record({ name })),
    can,
  );
}

function media(can: RequestCan): fc.Arbitrary<ImagePart | DocumentPart>[] {
  return [
    ...(can.imageSources.length === 0 ? [] : [imagePart(can)]),
    ...(can.documentSources.length === 0 ? [] : [documentPart(can)]),
  ];
}

type Call = Omit<ToolCallPart, 'id'>;

function toolCall(can: RequestCan): fc.Arbitrary<Call> {
  const bare = fc.record({ kind: fc.constant('tool-call' as const), name, input: json });
  const call = sometimes<Call>(bare, can.callStates.length > 0, () => fc.record({ state: state(can.callStates) }));
  return cached(call, can);
}

function thought(can: RequestCan): fc.Arbitrary<Part> {
  const bare = text.map((value): Part => ({ kind: 'reasoning', text: value }));
  if (can.states.length === 0) return bare;
  const signed = fc.tuple(text, state(can.states)).map(([value, own]): Part => ({
    kind: 'reasoning',
    text: own.form === 'signature' || own.form === 'thoughtSignature' ? value : '',
    state: own,
  }));
  return can.bareThoughts ? fc.oneof(bare, signed) : signed;
}

function toolResult(can: RequestCan, call: ToolCallPart): fc.Arbitrary<ToolResultPart> {
  const texts = fc.array(textPart({ ...can, cache: false }), { maxLength: can.toolResultTexts ? 2 : 1 });
  const small = { ...can, cache: false };
  const extras = [
    ...(can.toolResults.includes('image') ? [imagePart(small)] : []),
    ...(can.toolResults.includes('document') ? [documentPart(small)] : []),
  ];
  const others = extras.length === 0 ? fc.constant([]) : fc.array(fc.oneof(...extras), { maxLength: 2 });
  const result = fc.tuple(texts, others, fc.boolean()).map(([said, shown, failed]): ToolResultPart => ({
    kind: 'tool-result',
    callId: call.id,
    name: call.name,
    parts: [...said, ...shown],
    ...(can.toolErrors && failed ? { isError: true } : {}),
  }));
  return cached(result, can);
}

interface Turn {
  readonly user: readonly Part[];
  readonly said: readonly Part[];
  readonly calls: readonly Call[];
}

function turn(can: RequestCan): fc.Arbitrary<Turn> {
  const user = fc.array(fc.oneof(textPart(can), ...media(can)), { minLength: 1, maxLength: 3 });
  const words = can.refusals
    ? fc.oneof(
        textPart(can),
        text.map((value): Part => ({ kind: 'refusal', text: value })),
      )
    : textPart(can);
  const thoughts = can.thoughts ? fc.array(thought(can), { maxLength: 1 }) : fc.constant([]);
  const said = fc.tuple(thoughts, fc.array(words, { maxLength: 1 })).map(([first, then]) => [...first, ...then]);
  return fc.record({ user, said, calls: fc.array(toolCall(can), { maxLength: 2 }) });
}

/** User and assistant take turns; every call is answered in the message after it; the last word is the user's. */
function conversation(can: RequestCan): fc.Arbitrary<Message[]> {
  return fc
    .tuple(fc.array(turn(can), { maxLength: 3 }), fc.array(textPart(can), { minLength: 1, maxLength: 2 }))
    .chain(([turns, last]) => {
      const messages: fc.Arbitrary<Message>[] = [];
      let open: ToolCallPart[] = [];
      const userMessage = (parts: readonly Part[]): void => {
        const results = open.map((call) => toolResult(can, call));
        messages.push(fc.tuple(...results).map((first): Message => ({ role: 'user', parts: [...first, ...parts] })));
      };
      turns.forEach(({ user, said, calls }, index) => {
        if (said.length + calls.length === 0) return;
        userMessage(user);
        open = calls.map((call, position): ToolCallPart => ({ ...call, id: `call_${index}_${position}` }));
        messages.push(fc.constant({ role: 'assistant', parts: [...said, ...open] }));
        if (can.systemLater && index === 1 && open.length === 0) {
          messages.push(fc.constant({ role: 'system', parts: [{ kind: 'text', text: 'Be brief.' }] }));
        }
      });
      userMessage(last);
      return fc.tuple(...messages);
    });
}

function tools(can: RequestCan): fc.Arbitrary<Tool[]> {
  const bare = fc.record({ name, description: text, schema }, { requiredKeys: ['name'] });
  const tool = sometimes<Tool>(bare, can.toolStrict, () => fc.record({ strict: fc.boolean() }));
  return fc.uniqueArray(cached(tool, can), { maxLength: 3, selector: (entry) => entry.name });
}

function format(can: RequestCan): fc.Arbitrary<AnswerFormat>[] {
  const bare = fc.record({ kind: fc.constant('schema' as const), schema });
  return can.formats.map((kind): fc.Arbitrary<AnswerFormat> => {
    if (kind === 'json') return fc.constant({ kind: 'json' });
    return sometimes<AnswerFormat>(bare, can.formatNames, () =>
      fc.record({ name, description: text, strict: fc.boolean() }),
    );
  });
}

function toolChoice(list: readonly Tool[]): fc.Arbitrary<ToolChoice> {
  return fc.constantFrom<ToolChoice>('auto', 'none', 'required', ...list.map((tool) => ({ name: tool.name })));
}

/** Requests that say nothing but what the wire has a place for. Whoever needs more of a kind adds it here, with a switch. */
export function canonicalRequest(can: RequestCan): fc.Arbitrary<CanonicalRequest> {
  const formats = format(can);
  return tools(can).chain((list) =>
    fc.record(
      {
        system: fc.array(textPart(can), { maxLength: 2 }),
        messages: conversation(can),
        tools: fc.constant(list),
        sampling: sampling(can.sampling),
        ignored: fc.constant([]),
        ...(list.length === 0 ? {} : { toolChoice: toolChoice(list) }),
        ...(list.length > 0 && can.parallelToolCalls ? { parallelToolCalls: fc.boolean() } : {}),
        ...(formats.length === 0 ? {} : { format: fc.oneof(...formats) }),
        ...(can.wishes.length === 0 ? {} : { reasoning: fc.constantFrom(...can.wishes) }),
        ...(can.logprobs ? { logprobs: fc.record({ top: fc.integer({ min: 0, max: 5 }) }) } : {}),
        ...(can.user ? { user: name } : {}),
      },
      { requiredKeys: ['system', 'messages', 'tools', 'sampling', 'ignored'] },
    ),
  );
}
