import type { Config, Gateway } from '@offpeak/gateway';
import { quoted } from './shell.ts';

/** What someone needs who has just started a server: where it is, what it is made of, and a line that shows a tier. */
export function banner(gateway: Gateway, config: Config, file: string | undefined): string {
  const local = gateway.localModel;
  const lines = [
    `Offpeak is listening on ${gateway.url}`,
    `  configuration  ${file ?? 'none; defaults'}`,
    `  data           ${config.data}`,
  ];
  if (gateway.simulated) {
    lines.push(
      '  upstream       SIMULATED: no upstream is configured, so the simulated engine answers with made-up text',
      '                 (model sim-8b). Point it at your own: offpeak serve --upstream http://127.0.0.1:8000',
    );
  } else {
    const upstreams = config.upstreams.map(({ name, url }) => `${name} ${url}`);
    if (local !== null) {
      upstreams.unshift(`llama.cpp in this process: ${local.model} (${local.device}; ${local.slots} requests at once)`);
    }
    lines.push(`  upstreams      ${upstreams.join(', ')}`);
  }
  if (gateway.open) {
    lines.push(
      '  keys           NONE: open to every program on this machine; `offpeak keys create` makes the first key',
    );
  }
  const model = gateway.simulated ? 'sim-8b' : (local?.model ?? config.models[0]?.name ?? 'MODEL');
  const messages = [{ role: 'user', content: 'Hello' }];
  const body = { model, service_tier: 'flex', max_tokens: 32, messages };
  const auth = gateway.open ? '' : " -H 'authorization: Bearer op_...'";
  lines.push(
    '',
    'Try it:',
    `  curl -i ${gateway.url}/v1/chat/completions -H 'content-type: application/json'${auth} \\`,
    `    -d ${quoted(JSON.stringify(body))}`,
  );
  return lines.join('\n');
}
