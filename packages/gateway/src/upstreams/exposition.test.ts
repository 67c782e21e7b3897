import { expect, test } from 'vitest';
import { ADAPTERS } from './adapters.ts';
import { readExposition } from './exposition.ts';

const vllm = ADAPTERS.vllm.gauges!;

test('reads gauges, adds ranks, averages shares and multiplies out the cache size', () => {
  const text = `# HELP vllm:num_requests_waiting Waiting.
# TYPE vllm:num_requests_waiting gauge
vllm:num_requests_waiting{engine="0",model_name="m"} 3.0
vllm:num_requests_waiting{engine="1",model_name="m"} 2.0
vllm:num_requests_waiting_by_reason{reason="capacity"} 99.0
vllm:num_requests_running{model_name="m"} 7.0
vllm:kv_cache_usage_perc{engine="0"} 0.5
vllm:kv_cache_usage_perc{engine="1"} 0.7
vllm:cache_config_info{block_size="16",cache_dtype="auto",num_gpu_blocks="1000"} 1.0
`;
  const reading = readExposition(text, vllm);
  expect(reading).toMatchObject({ waiting: 5, running: 7, kvTokens: 16_000 });
  expect(reading.kvUsage).toBeCloseTo(0.6);
});

test('what is absent or unreadable stays absent', () => {
  expect(readExposition('vllm:num_requests_waiting NaN\nnot a metric at all', vllm)).toEqual({});
});
