import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { startSimEngine } from '@offpeak/engine';
import { createLogger, formatProblems, loadConfig, startGateway, type Config } from '@offpeak/gateway';
import { describe, expect, test } from 'vitest';
import { ROOT } from './tree.ts';

/** The examples are run as their pages say, except that ports and folders are free ones and the engine is faster. */
const ENGINE_SPEED = 5;
const run = promisify(execFile);

async function configOf(example: string, replaced: Record<string, string>): Promise<Config> {
  let text = await readFile(join(ROOT, 'examples', example, 'offpeak.yaml'), 'utf8');
  for (const [from, to] of Object.entries(replaced)) {
    expect(text).toContain(from);
    text = text.replace(from, to);
  }
  const loaded = loadConfig(text, { env: {} });
  if (!loaded.ok) throw new Error(formatProblems(loaded.problems));
  return loaded.config;
}

async function outputOf(example: string): Promise<string> {
  const data = await mkdtemp(join(tmpdir(), 'offpeak-example-'));
  const engine = await startSimEngine({ speed: ENGINE_SPEED });
  const config = await configOf(example, {
    '127.0.0.1:8787': '127.0.0.1:0',
    './.offpeak': data,
    'http://127.0.0.1:9000': engine.url,
  });
  const gateway = await startGateway({ config, logger: createLogger({ level: 'silent' }) });
  try {
    while (!(await fetch(`${gateway.url}/readyz`)).ok) await new Promise((resolve) => setTimeout(resolve, 20));
    const env = { ...process.env, OFFPEAK_URL: gateway.url };
    const { stdout } = await run(process.execPath, [join(ROOT, 'examples', example, 'main.ts')], { env });
    return stdout;
  } finally {
    await gateway.close();
    await engine.close();
    await rm(data, { recursive: true, force: true });
  }
}

describe('the examples do what their pages say', () => {
  test('flex is served when the engine is idle, and refused while a chat uses it', async () => {
    const [idle, busy] = (await outputOf('openai-flex')).split('A chat uses it:');
    expect(idle).toMatch(/served as flex for \$0\.0000/);
    expect(busy).toContain('flex_unavailable, not charged');
    expect(busy).toMatch(/served as (flex|default)/);
  });

  test('auto spills to flex when the standard limit is used up', async () => {
    const page = await readFile(join(ROOT, 'examples/groq-auto/README.md'), 'utf8');
    expect(page).toContain((await outputOf('groq-auto')).trim());
  });

  test("vLLM's configuration is valid", async () => {
    const config = await configOf('vllm', {});
    expect(config.upstreams).toMatchObject([{ engine: 'vllm', enginePriority: true, capacity: { slots: 64 } }]);
  });
});
