import type { EngineGauges } from './backend.ts';
import { Histogram } from './histogram.ts';

export type FinishedReason = 'stop' | 'length' | 'abort';

const firstTokenBuckets = [
  0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 20, 40, 80, 160, 640, 2560,
];
const nextTokenBuckets = [
  0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 20, 40, 80,
];
const requestBuckets = [0.3, 0.5, 0.8, 1, 1.5, 2, 2.5, 5, 10, 15, 20, 30, 40, 50, 60, 120, 240, 480, 960, 1920, 7680];

/** vLLM's metrics under vLLM's names and buckets. Times are the engine's own. */
export class EngineMetrics {
  readonly #gauges: EngineGauges;
  readonly #labels: string;
  readonly #firstToken = new Histogram(firstTokenBuckets);
  readonly #nextToken = new Histogram(nextTokenBuckets);
  readonly #request = new Histogram(requestBuckets);
  readonly finished: Record<FinishedReason, number> = { stop: 0, length: 0, abort: 0 };
  promptTokens = 0;
  generationTokens = 0;

  constructor(gauges: EngineGauges, model: string) {
    this.#gauges = gauges;
    this.#labels = `engine="0",model_name="${model.replace(/[\\"\n]/g, '_')}"`;
  }

  onFirstToken(promptTokens: number, sinceArrivalMs: number): void {
    this.promptTokens += promptTokens;
    this.generationTokens++;
    this.#firstToken.observe(sinceArrivalMs / 1000);
  }

  onNextToken(gapMs: number): void {
    this.generationTokens++;
    this.#nextToken.observe(gapMs / 1000);
  }

  onFinish(reason: FinishedReason, sinceArrivalMs: number): void {
    this.finished[reason]++;
    if (reason !== 'abort') this.#request.observe(sinceArrivalMs / 1000);
  }

  /** The text that Prometheus scrapes. */
  exposition(): string {
    const gauges = this.#gauges;
    const labels = this.#labels;
    return [
      metric('gauge', 'num_requests_running', 'Requests in execution.', labels, gauges.runningRequests),
      metric('gauge', 'num_requests_waiting', 'Requests waiting to be scheduled.', labels, gauges.waitingRequests),
      metric('gauge', 'kv_cache_usage_perc', 'KV cache usage; 1 is full.', labels, gauges.kvUsage),
      metric(
        'counter',
        'prefix_cache_queries',
        'Tokens looked up in the prefix cache.',
        labels,
        gauges.prefixQueryTokens,
      ),
      metric('counter', 'prefix_cache_hits', 'Tokens found in the prefix cache.', labels, gauges.prefixHitTokens),
      metric('counter', 'num_preemptions', 'Preemptions by the engine.', labels, gauges.preemptions),
      metric('counter', 'prompt_tokens', 'Prefill tokens processed.', labels, this.promptTokens),
      metric('counter', 'generation_tokens', 'Generation tokens processed.', labels, this.generationTokens),
      this.#finishedRequests(),
      this.#firstToken.exposition('vllm:time_to_first_token_seconds', 'Time to first token.', labels),
      this.#nextToken.exposition('vllm:inter_token_latency_seconds', 'Time between tokens.', labels),
      this.#request.exposition('vllm:e2e_request_latency_seconds', 'Time from arrival to the last token.', labels),
      this.#cacheConfig(),
    ].join('');
  }

  #finishedRequests(): string {
    const name = 'vllm:request_success_total';
    const lines = Object.entries(this.finished).map(
      ([reason, count]) => `${name}{${this.#labels},finished_reason="${reason}"} ${count}\n`,
    );
    return `# HELP ${name} Finished requests by reason.\n# TYPE ${name} counter\n${lines.join('')}`;
  }

  #cacheConfig(): string {
    const name = 'vllm:cache_config_info';
    const { blockTokens, kvBlocks } = this.#gauges;
    const labels = `block_size="${blockTokens}",enable_prefix_caching="True",engine="0",num_gpu_blocks="${kvBlocks}"`;
    return `# HELP ${name} The KV cache.\n# TYPE ${name} gauge\n${name}{${labels}} 1\n`;
  }
}

function metric(type: 'gauge' | 'counter', name: string, help: string, labels: string, value: number): string {
  const full = type === 'counter' ? `vllm:${name}_total` : `vllm:${name}`;
  return `# HELP ${full} ${help}\n# TYPE ${full} ${type}\n${full}{${labels}} ${value}\n`;
}
