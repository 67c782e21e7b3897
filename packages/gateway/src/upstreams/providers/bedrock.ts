import { bearer, passed, type ProviderCall, type Protocol } from './protocol.ts';

/** What InvokeModel has in headers because its body is the model's own. */
const INVOKE_HEADERS = [
  'accept',
  'x-amzn-bedrock-accept',
  'x-amzn-bedrock-trace',
  'x-amzn-bedrock-guardrailidentifier',
  'x-amzn-bedrock-guardrailversion',
  'x-amzn-bedrock-performanceconfig-latency',
];
export const BEDROCK_TIER_HEADER = 'x-amzn-bedrock-service-tier';

export const BEDROCK_PROTOCOL: Protocol = {
  wireFor(mount, operation) {
    if (operation === 'chat') return 'bedrock';
    return operation === 'count-tokens' && mount === 'bedrock' ? 'bedrock' : null;
  },
  path(call) {
    return `/model/${encoded(call.model)}/${methodOf(call)}`;
  },
  headers({ invoke, tierWord, client }) {
    if (!invoke) return {};
    return { ...passed(client, INVOKE_HEADERS), ...(tierWord === null ? {} : { [BEDROCK_TIER_HEADER]: tierWord }) };
  },
  listing: null,
  keyHeader: bearer,
};

/** As AWS's own SDK writes it: what AWS signs has these characters encoded too. */
function encoded(model: string): string {
  return encodeURIComponent(model).replaceAll(/[!'()*]/g, (character) => {
    return `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
  });
}

function methodOf({ operation, invoke, stream }: ProviderCall): string {
  if (operation === 'count-tokens') return 'count-tokens';
  if (invoke) return stream ? 'invoke-with-response-stream' : 'invoke';
  return stream ? 'converse-stream' : 'converse';
}
