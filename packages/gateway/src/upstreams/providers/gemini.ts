import type { Protocol } from './protocol.ts';

const METHODS = { unary: ':generateContent', stream: ':streamGenerateContent?alt=sse', count: ':countTokens' };

export const GEMINI_PROTOCOL: Protocol = {
  wireFor(mount, operation) {
    if (operation === 'chat') return 'gemini';
    return operation === 'count-tokens' && mount === 'gemini' ? 'gemini' : null;
  },
  path({ operation, model, stream }) {
    const method = operation === 'count-tokens' ? METHODS.count : stream ? METHODS.stream : METHODS.unary;
    // Tuned models have a collection of their own in their names, whose slash belongs to the path.
    const name = model.includes('/') ? model : `models/${model}`;
    return `/v1beta/${name.split('/').map(encodeURIComponent).join('/')}${method}`;
  },
  headers() {
    return {};
  },
  listing: { path: '/v1beta/models?pageSize=1000', read: namesOf },
  keyHeader: (key) => ['x-goog-api-key', key],
};

function namesOf(body: unknown): string[] {
  const { models } = body as { models?: unknown };
  if (!Array.isArray(models)) throw new Error('the list of models has no models');
  return (models as { name?: unknown }[])
    .map(({ name }) => name)
    .filter((name): name is string => typeof name === 'string')
    .map((name) => name.replace(/^models\//, ''));
}
