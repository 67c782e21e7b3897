import { NamedObjects } from '../json/named-objects.ts';
import { compileNames } from '../json/names.ts';
import { scanObject } from '../json/scan.ts';

const RULES = {
  rules: [{ name: 's3Location', object: true }],
  free: [
    ['toolUse', 'input'],
    ['messages', '*', 'content', '*', 'input'],
    ['toolResult', 'content', '*', 'json'],
    ['inputSchema'],
    ['input_schema'],
  ],
} as const;

const NONE = compileNames([]);
const IN_MODELS_BODY: NamedObjects = new NamedObjects(RULES);

/**
 * What a request can name of its account: files in S3, which are read with the rights of who signs. Guardrails are the account's too, but
 * rules and nobody's work. A count may carry a model's own request in base64.
 */
export const BEDROCK_OBJECTS: NamedObjects = new NamedObjects({
  ...RULES,
  rules: [
    ...RULES.rules,
    {
      name: 'body',
      at: [['input', 'invokeModel', 'body']],
      value: isNamedInside,
    },
  ],
});

function isNamedInside(base64: string): boolean {
  const body = Buffer.from(base64, 'base64');
  return scanObject(body, NONE).ok && IN_MODELS_BODY.firstIn(body) !== null;
}
