import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { PathFacts, WireRequest } from '../codec.ts';
import { attachmentTokens } from '../openai/estimate.ts';
import { readGeminiRequest } from './request-read.ts';
import { signatureOf } from './signature.ts';

const PATH: PathFacts = { model: 'gemini-3.8-flash', stream: false };
const CONTENTS = '[{"role":"user","parts":[{"text":"Hello there"}]}]';

function read(body: string, path: PathFacts = PATH): WireRequest {
  const result = readGeminiRequest(Buffer.from(body), path);
  if (!result.ok) throw new Error(JSON.stringify(result.problem));
  return result;
}

function problemOf(body: string, path: PathFacts = PATH): object {
  const result = readGeminiRequest(Buffer.from(body), path);
  if (result.ok) throw new Error('it was taken');
  return result.problem;
}

function forward(body: string, tierWord: string | null, path: PathFacts = PATH): string {
  return read(body, path).forward('upstream-name', tierWord).toString();
}

describe('facts', () => {
  test('come from the path and a few members, in either case', () => {
    const camel = `{"contents":${CONTENTS},"serviceTier":"FLEX","generationConfig":{"maxOutputTokens":100,"candidateCount":3}}`;
    const snake = `{"contents":${CONTENTS},"service_tier":"flex","generation_config":{"max_output_tokens":100,"candidate_count":3}}`;
    for (const body of [camel, snake]) {
      const { facts, choices } = read(body, { model: 'm', stream: true });
      expect(facts).toEqual({
        model: 'm',
        stream: true,
        tierWord: 'flex',
        maxTokens: 300,
        includeUsage: true,
        continuation: 'restart',
        inputTokens: Math.ceil(CONTENTS.length / 4),
      });
      expect(choices).toBe(3);
    }
  });

  test('are few where little is said', () => {
    const { facts, choices } = read(`{"contents":${CONTENTS},"serviceTier":null,"generationConfig":null}`);
    expect(facts).toMatchObject({ tierWord: undefined, maxTokens: undefined, stream: false });
    expect(choices).toBe(1);
  });

  test('system instruction and tools are prompt, pictures are not text', () => {
    const plain = read(`{"contents":${CONTENTS}}`).facts.inputTokens;
    const more = `"systemInstruction":{"parts":[{"text":"${'x'.repeat(400)}"}]},"tools":[{"functionDeclarations":[]}]`;
    expect(read(`{"contents":${CONTENTS},${more}}`).facts.inputTokens).toBeGreaterThan(plain + 100);
    const picture = `{"inlineData":{"mimeType":"image/png","data":"${'A'.repeat(100_000)}"}}`;
    const { inputTokens } = read(`{"contents":[{"parts":[${picture}]}]}`).facts;
    expect(inputTokens).toBeGreaterThan(attachmentTokens);
    expect(inputTokens).toBeLessThan(attachmentTokens + 100);
  });

  test('a lone object is a list of one', () => {
    expect(read('{"contents":{"parts":{"text":"Hello"}}}').facts.inputTokens).toBeGreaterThan(0);
  });

  test.each([
    [{}, `{"contents":${CONTENTS}}`, 'model'],
    [{ model: 'm'.repeat(257) }, `{"contents":${CONTENTS}}`, 'model'],
    [PATH, '{}', 'contents'],
    [PATH, '{"contents":[]}', 'contents'],
    [PATH, '{"contents":"hi"}', 'contents'],
    [PATH, `{"contents":${CONTENTS},"serviceTier":1}`, 'serviceTier'],
    [PATH, `{"contents":${CONTENTS},"serviceTier":"flex","serviceTier":"priority"}`, 'serviceTier'],
    [PATH, `{"contents":${CONTENTS},"serviceTier":"flex","service_tier":"flex"}`, 'serviceTier'],
    [PATH, `{"contents":${CONTENTS},"generationConfig":[]}`, 'generationConfig'],
    [PATH, `{"contents":${CONTENTS},"generationConfig":{"maxOutputTokens":0}}`, 'generationConfig.maxOutputTokens'],
    [PATH, `{"contents":${CONTENTS},"generationConfig":{"candidateCount":"x"}}`, 'generationConfig.candidateCount'],
    [PATH, `{"contents":${CONTENTS},"generationConfig":{"maxOutputTokens":1,"maxOutputTokens":2}}`, 'maxOutputTokens'],
  ])('%j with %s is refused', (path, body, param) => {
    expect(problemOf(body, path)).toMatchObject({ kind: 'invalid-value', param });
  });

  test('what is no JSON is told with its place', () => {
    expect(problemOf('{"contents":[}')).toMatchObject({ kind: 'malformed-json', offset: 13 });
  });
});

describe('forward', () => {
  test('hands the same buffer on where nothing changes', () => {
    for (const [body, word] of [
      [`{"contents":${CONTENTS}}`, null],
      [`{ "serviceTier" : "flex", "contents":${CONTENTS} }`, 'flex'],
    ] as const) {
      const bytes = Buffer.from(body);
      const result = readGeminiRequest(bytes, PATH);
      expect(result.ok && result.forward('upstream-name', word)).toBe(bytes);
    }
  });

  test('writes the tier under the name that the client used', () => {
    expect(forward('{"contents":[1],"service_tier":"FLEX","x":1}', 'flex')).toBe(
      '{"contents":[1],"service_tier":"flex","x":1}',
    );
    expect(forward('{"contents":[1]}', 'priority')).toBe('{"contents":[1],"serviceTier":"priority"}');
    expect(forward('{"serviceTier":"flex","contents":[1]}', null)).toBe('{"contents":[1]}');
  });

  test('renames the model where the body names it', () => {
    expect(forward('{"model":"models/mine","contents":[1]}', null)).toBe(
      '{"model":"models/upstream-name","contents":[1]}',
    );
    expect(read('{"model":"models/mine","contents":[1]}').forward('tunedModels/a', null).toString()).toBe(
      '{"model":"tunedModels/a","contents":[1]}',
    );
  });

  test('takes out what other providers signed', () => {
    const foreign = signatureOf({ from: 'anthropic', form: 'signature', data: 'EqQB' });
    const contents = [
      { role: 'user', parts: [{ text: 'Hi' }] },
      { role: 'model', parts: [{ text: 'So.', thought: true }] },
      { role: 'model', parts: [{ text: '', thought: true, thoughtSignature: foreign }] },
      {
        role: 'model',
        parts: [
          { text: 'Hello', thought_signature: foreign },
          { functionCall: { name: 'f' }, thoughtSignature: foreign },
          { functionCall: { name: 'g' }, thoughtSignature: 'c2ln' },
        ],
      },
    ];
    const forwarded = JSON.parse(forward(JSON.stringify({ contents, x: 1 }), null)) as object;
    expect(forwarded).toEqual({
      contents: [
        { role: 'user', parts: [{ text: 'Hi' }] },
        { role: 'model', parts: [{ text: 'So.', thought: true }] },
        {
          role: 'model',
          parts: [
            { text: 'Hello' },
            { functionCall: { name: 'f' }, thoughtSignature: 'skip_thought_signature_validator' },
            { functionCall: { name: 'g' }, thoughtSignature: 'c2ln' },
          ],
        },
      ],
      x: 1,
    });
  });

  test('leaves every other byte alone', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string(), fc.jsonValue()),
        fc.option(fc.constantFrom('flex', 'priority', 'standard')),
        fc.constantFrom('serviceTier', 'service_tier'),
        fc.boolean(),
        (others, word, name, present) => {
          const body = { ...others, contents: [{ parts: [] }], ...(present ? { [name]: 'standard' } : {}) };
          const result = JSON.parse(forward(JSON.stringify(body), word)) as Record<string, unknown>;
          const { serviceTier, service_tier, ...rest } = result;
          expect(service_tier ?? serviceTier ?? null).toBe(word);
          expect(rest).toEqual(JSON.parse(JSON.stringify({ ...others, contents: [{ parts: [] }] })));
        },
      ),
    );
  });
});

describe('a count of tokens', () => {
  const COUNT: PathFacts = { model: 'm', operation: 'count-tokens' };
  const request = `{"model":"models/m","contents":${CONTENTS},"systemInstruction":{"parts":[{"text":"Be brief."}]}}`;

  test('is of contents, or of a whole request', () => {
    const bare = read(`{"contents":${CONTENTS}}`, COUNT).facts.inputTokens;
    expect(bare).toBe(Math.ceil(CONTENTS.length / 4));
    for (const name of ['generateContentRequest', 'generate_content_request']) {
      expect(read(`{"${name}":${request}}`, COUNT).facts.inputTokens).toBeGreaterThan(bare);
    }
  });

  test('is not of both, and not of nothing', () => {
    expect(problemOf(`{"contents":${CONTENTS},"generateContentRequest":${request}}`, COUNT)).toMatchObject({
      param: 'generateContentRequest',
    });
    expect(problemOf('{}', COUNT)).toMatchObject({ param: 'contents' });
    expect(problemOf('{"generateContentRequest":{}}', COUNT)).toMatchObject({ param: 'contents' });
  });

  test('names the model inside the request as the upstream does', () => {
    expect(forward(`{"generateContentRequest":{"model":"models/m","contents":[1]}}`, null, COUNT)).toBe(
      '{"generateContentRequest":{"model":"models/upstream-name","contents":[1]}}',
    );
  });
});

test('whatever the bytes are, they are read or refused', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      expect(readGeminiRequest(Buffer.from(bytes), PATH).ok).toBe(false);
    }),
  );
  fc.assert(
    fc.property(fc.json(), (text) => {
      expect(typeof readGeminiRequest(Buffer.from(text), PATH).ok).toBe('boolean');
    }),
  );
});
