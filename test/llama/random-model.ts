import { writeGguf, type MetadataValue, type Tensor } from './gguf.ts';

/** A transformer of LLaMA's architecture with random weights: it knows nothing, and computes everything that a real one does. */
export interface RandomModel {
  readonly layers: number;
  readonly width: number;
  readonly heads: number;
  /** Width of the feed-forward layers. */
  readonly inner: number;
  readonly contextTokens: number;
  readonly seed: number;
  /** `general.name`; absent where undefined. */
  readonly name: string | undefined;
  /** A Jinja template; absent where undefined. */
  readonly chatTemplate: string | undefined;
  /**
   * Tokens of more than one character. The model says their letters one by one as often as at once, which no tokenizer would.
   */
  readonly words: readonly string[];
  /** It says letters of two bytes, each byte a token, and nothing else. */
  readonly twoBytes: boolean;
  /** How unlikely it is to end by itself: 0 for as likely as any letter. */
  readonly endless: number;
}

/** A template that trims what is said, as many do. */
export const TEMPLATE: string =
  "{{ bos_token }}{% for message in messages %}[{{ message['role'] }}]{{ message['content'] | trim }}\n" +
  '{% endfor %}{% if add_generation_prompt %}[assistant]{% endif %}';

/** Thousands of tokens per second on one thread. */
export const TINY: RandomModel = {
  layers: 2,
  width: 64,
  heads: 4,
  inner: 128,
  contextTokens: 4096,
  seed: 1,
  name: 'tiny-random',
  chatTemplate: TEMPLATE,
  words: [],
  twoBytes: false,
  endless: 20,
};

/** About a millisecond per token. */
export const SMALL: RandomModel = { ...TINY, name: 'small-random', layers: 4, width: 256, heads: 8, inner: 704 };

/** About five. */
export const LARGER: RandomModel = { ...TINY, name: 'larger-random', layers: 8, width: 512, heads: 8, inner: 1408 };

const KIND = { text: 1, unknown: 2, control: 3, byte: 6 } as const;
const END = 2;
const SPACE = '\u2581';

interface Vocabulary {
  readonly tokens: readonly string[];
  readonly kinds: readonly number[];
}

/** Three special tokens, every byte, every printable character of ASCII, and the words: any text can be written with it. */
function vocabularyOf(words: readonly string[]): Vocabulary {
  const bytes = Array.from({ length: 256 }, (_, byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`);
  const letters = Array.from({ length: 0x7f - 0x20 }, (_, index) => String.fromCharCode(0x20 + index));
  const texts = [...letters, ...words].map((text) => text.replaceAll(' ', SPACE));
  const tokens = ['<unk>', '<s>', '</s>', ...bytes, ...texts];
  const kinds = tokens.map((_, id) => {
    if (id === 0) return KIND.unknown;
    if (id <= END) return KIND.control;
    return id <= END + bytes.length ? KIND.byte : KIND.text;
  });
  return { tokens, kinds };
}

const firstByte = END + 1;
const firstText = firstByte + 256;

/** Two-byte letters begin with the first of these and end with one of the others. */
const LEAD = 0xc3;
const isFollower = (byte: number): boolean => byte >= 0x80 && byte < 0xc0;

/** Dimensions of the embedding that no layer writes to, so that the output layer finds them as the last token left them. */
const CONSTANT = 0;
const AFTER_LEAD = 1;
const FREE_DIMENSIONS = 2;
/** Their size; the others are about 1. */
const MARK = 4;
/** Weight of what is never to be said. */
const NEVER = -100;

export async function writeRandomModel(path: string, model: RandomModel): Promise<void> {
  const { tokens, kinds } = vocabularyOf(model.words);
  await writeGguf(path, metadataOf(model, tokens, kinds), tensorsOf(model, tokens.length));
}

function metadataOf(
  model: RandomModel,
  tokens: readonly string[],
  kinds: readonly number[],
): Record<string, MetadataValue> {
  const u32 = (value: number): MetadataValue => ({ type: 'u32', value });
  const text = (value: string): MetadataValue => ({ type: 'string', value });
  return {
    'general.architecture': text('llama'),
    ...(model.name === undefined ? {} : { 'general.name': text(model.name) }),
    'llama.context_length': u32(model.contextTokens),
    'llama.embedding_length': u32(model.width),
    'llama.block_count': u32(model.layers),
    'llama.feed_forward_length': u32(model.inner),
    'llama.attention.head_count': u32(model.heads),
    'llama.attention.head_count_kv': u32(model.heads),
    'llama.attention.layer_norm_rms_epsilon': { type: 'f32', value: 1e-5 },
    'llama.rope.dimension_count': u32(model.width / model.heads),
    'llama.vocab_size': u32(tokens.length),
    'tokenizer.ggml.model': text('llama'),
    'tokenizer.ggml.tokens': { type: 'strings', value: tokens },
    // The tokenizer joins what has the higher score first.
    'tokenizer.ggml.scores': { type: 'f32s', value: tokens.map((token) => token.length) },
    'tokenizer.ggml.token_type': { type: 'i32s', value: kinds },
    'tokenizer.ggml.unknown_token_id': u32(0),
    'tokenizer.ggml.bos_token_id': u32(1),
    'tokenizer.ggml.eos_token_id': u32(END),
    'tokenizer.ggml.add_bos_token': { type: 'bool', value: true },
    'tokenizer.ggml.add_eos_token': { type: 'bool', value: false },
    'tokenizer.ggml.add_space_prefix': { type: 'bool', value: false },
    ...(model.chatTemplate === undefined ? {} : { 'tokenizer.chat_template': text(model.chatTemplate) }),
  };
}

/** How far attention and feed-forward move the residual stream; large enough that the next token depends on all before. */
const QUERY_SCALE = 1.5;
const ATTENTION_SCALE = 2;

function tensorsOf(model: RandomModel, vocabulary: number): Tensor[] {
  const { width, inner } = model;
  const random = randomWeights(model.seed);
  const tensors: Tensor[] = [];
  const add = (name: string, dimensions: readonly number[], data: Float32Array): void => {
    tensors.push({ name: `${name}.weight`, dimensions, data });
  };
  const scaled = (inputs: number, outputs: number, scale = 1): Float32Array =>
    random(inputs * outputs, scale / Math.sqrt(inputs));
  /** Writes nothing into the first dimensions. */
  const sparing = (weights: Float32Array, inputs: number): Float32Array => weights.fill(0, 0, FREE_DIMENSIONS * inputs);
  const ones = (): Float32Array => new Float32Array(width).fill(1);

  add('token_embd', [width, vocabulary], embeddings(model, vocabulary, random(vocabulary * width, 1)));
  for (let layer = 0; layer < model.layers; layer++) {
    const block = `blk.${layer}`;
    add(`${block}.attn_norm`, [width], ones());
    add(`${block}.attn_q`, [width, width], scaled(width, width, QUERY_SCALE));
    add(`${block}.attn_k`, [width, width], scaled(width, width, QUERY_SCALE));
    add(`${block}.attn_v`, [width, width], scaled(width, width));
    add(`${block}.attn_output`, [width, width], sparing(scaled(width, width, ATTENTION_SCALE), width));
    add(`${block}.ffn_norm`, [width], ones());
    add(`${block}.ffn_gate`, [width, inner], scaled(width, inner));
    add(`${block}.ffn_up`, [width, inner], scaled(width, inner));
    add(`${block}.ffn_down`, [inner, width], sparing(scaled(inner, width), inner));
  }
  add('output_norm', [width], ones());
  add('output', [width, vocabulary], output(model, vocabulary, random(vocabulary * width, 1)));
  return tensors;
}

function embeddings({ width }: RandomModel, vocabulary: number, weights: Float32Array): Float32Array {
  for (let token = 0; token < vocabulary; token++) {
    weights[token * width + CONSTANT] = MARK;
    weights[token * width + AFTER_LEAD] = token === firstByte + LEAD ? MARK : 0;
  }
  return weights;
}

/** Which tokens are said at all, and which only behind the first byte of a letter. */
function output(model: RandomModel, vocabulary: number, weights: Float32Array): Float32Array {
  for (let token = 0; token < vocabulary; token++) {
    const byte = token >= firstByte && token < firstText ? token - firstByte : undefined;
    let constant = NEVER;
    let afterLead = NEVER;
    if (token === END) constant = -model.endless;
    else if (!model.twoBytes) constant = token >= firstText ? 0 : NEVER;
    else if (byte === LEAD) constant = 0;
    else if (byte !== undefined && isFollower(byte)) afterLead = -2 * NEVER;
    weights[token * model.width + CONSTANT] = constant;
    weights[token * model.width + AFTER_LEAD] = afterLead;
  }
  return weights;
}

/** Evenly spread numbers of the given standard deviation, always the same ones for a seed. */
function randomWeights(seed: number): (count: number, deviation: number) => Float32Array {
  let state = seed >>> 0;
  const scale = (2 * Math.sqrt(3)) / 2 ** 32;
  return (count, deviation) => {
    const weights = new Float32Array(count);
    for (let index = 0; index < count; index++) {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      let mixed = state ^ (state >>> 15);
      mixed = Math.imul(mixed, 0x2c1b3c6d);
      mixed ^= mixed >>> 12;
      weights[index] = ((mixed >>> 0) - 2 ** 31) * scale * deviation;
    }
    return weights;
  };
}
