import type { AnswerFormat, CanonicalRequest, ReasoningWish, Sampling } from '../canonical/request.ts';
import type { ProtoFields } from './proto-fields.ts';
import { schemaOf } from './tools-decode.ts';

type Config = Pick<CanonicalRequest, 'sampling' | 'format' | 'reasoning' | 'logprobs'>;

/** How the answer is to be made. */
export function decodeConfig(body: ProtoFields, ignored: string[]): Config {
  const config = body.object('generationConfig');
  if (config === undefined) return { sampling: {} };
  const format = formatOf(config);
  const reasoning = reasoningOf(config);
  const logprobs = logprobsOf(config);
  const sampling = samplingOf(config);
  const modalities = config.texts('responseModalities') ?? [];
  if (modalities.some((modality) => modality.toUpperCase() !== 'TEXT')) {
    throw config.untranslatable('responseModalities', 'other wires answer in text');
  }
  // It changes how closely pictures are looked at, all of them alike; elsewhere each has its own word for that, or none.
  config.ignore('mediaResolution', ignored);
  config.finish();
  return {
    sampling,
    ...(format === undefined ? {} : { format }),
    ...(reasoning === undefined ? {} : { reasoning }),
    ...(logprobs === undefined ? {} : { logprobs }),
  };
}

function samplingOf(config: ProtoFields): Sampling {
  const stop = config.texts('stopSequences') ?? [];
  const choices = config.count('candidateCount', 1) ?? 1;
  return defined<Sampling>({
    maxTokens: config.count('maxOutputTokens', 1),
    temperature: config.number('temperature'),
    topP: config.number('topP'),
    topK: config.number('topK'),
    frequencyPenalty: config.number('frequencyPenalty'),
    presencePenalty: config.number('presencePenalty'),
    seed: config.number('seed'),
    stop: stop.length === 0 ? undefined : stop,
    choices: choices === 1 ? undefined : choices,
  });
}

function defined<T extends object>(members: { readonly [name in keyof T]: T[name] | undefined }): T {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as T;
}

function formatOf(config: ProtoFields): AnswerFormat | undefined {
  const type = config.text('responseMimeType') ?? '';
  const schema = schemaOf(config, 'responseSchema', 'responseJsonSchema');
  switch (type.toLowerCase()) {
    case 'application/json':
      return schema === undefined ? { kind: 'json' } : { kind: 'schema', schema };
    case '':
    case 'text/plain':
      if (schema === undefined) return undefined;
      throw config.invalid('responseMimeType', 'it must be application/json where a schema is given');
    default:
      throw config.untranslatable('responseMimeType', 'other wires answer in plain text or in JSON');
  }
}

function reasoningOf(config: ProtoFields): ReasoningWish | undefined {
  const thinking = config.object('thinkingConfig');
  if (thinking === undefined) return undefined;
  const visible = thinking.flag('includeThoughts');
  const wish = { ...levelOf(thinking), ...budgetOf(thinking), ...(visible === undefined ? {} : { visible }) };
  thinking.finish();
  return Object.keys(wish).length === 0 ? undefined : wish;
}

function levelOf(thinking: ProtoFields): ReasoningWish {
  const level = thinking.word('thinkingLevel') ?? 'THINKING_LEVEL_UNSPECIFIED';
  switch (level) {
    case 'MINIMAL':
      return { effort: 'minimal' };
    case 'LOW':
      return { effort: 'low' };
    case 'MEDIUM':
      return { effort: 'medium' };
    case 'HIGH':
      return { effort: 'high' };
    case 'XHIGH':
      return { effort: 'xhigh' };
    case 'THINKING_LEVEL_UNSPECIFIED':
      return {};
    default:
      throw thinking.invalid('thinkingLevel', 'it must be one of MINIMAL, LOW, MEDIUM, HIGH');
  }
}

/** 0 is no thinking at all, and -1 as much as the model likes. */
function budgetOf(thinking: ProtoFields): ReasoningWish {
  const budget = thinking.count('thinkingBudget', -1);
  if (budget === undefined) return {};
  if (budget === -1) return { adaptive: true };
  return budget === 0 ? { effort: 'none' } : { budgetTokens: budget };
}

function logprobsOf(config: ProtoFields): CanonicalRequest['logprobs'] {
  const wanted = config.flag('responseLogprobs') ?? false;
  const top = config.count('logprobs', 0) ?? 0;
  if (wanted) return { top };
  if (top > 0) throw config.invalid('logprobs', 'it needs responseLogprobs to be true');
  return undefined;
}
