import { CODECS, type PathFacts } from '@offpeak/dialects';
import { describe, expect, it } from 'vitest';
import { asksOf } from './clients.ts';
import { providerModels, type Wire } from './models.ts';

describe.each(Object.keys(providerModels) as Wire[])('a client of the %s wire', (wire) => {
  const model = providerModels[wire];

  it.each([false, true])('asks what its codec reads, in exactly 1 KB; stream: %s', (stream) => {
    const asks = asksOf(wire, model);
    const body = asks.body({ bytes: 1_024, stream });
    expect(body).toHaveLength(1_024);
    const path: PathFacts = { model, stream };
    const read = CODECS[wire].read(body, path);
    expect(read).toMatchObject({ ok: true, facts: { model, stream, maxTokens: 256 } });
    const request = CODECS[wire].decodeRequest(JSON.parse(body.toString()), path);
    expect(request.system).toHaveLength(1);
    expect(request.sampling).toEqual({ maxTokens: 256, temperature: 0.7 });
    expect(request.messages).toMatchObject([{ role: 'user', parts: [{ kind: 'text' }] }]);
  });
});
