import { expect, test } from 'vitest';
import { nativeTiers } from './provider-tiers.ts';

const ALL = ['priority', 'standard', 'flex'];

test('OpenAI sells flex for some families, and priority for all but embeddings and fine-tuned models', () => {
  for (const model of ['o3', 'o4-mini', 'gpt-5', 'gpt-5-mini', 'gpt-5.1', 'gpt-5.2-pro', 'gpt-5.5', 'gpt-5.6-luna']) {
    expect(nativeTiers('openai', model), model).toEqual(ALL);
  }
  expect(nativeTiers('openai', 'gpt-5-2025-08-07')).toEqual(ALL);
  expect(nativeTiers('openai', 'gpt-5.4-nano')).toEqual(ALL);
  for (const model of ['gpt-4o', 'gpt-4.1', 'o1', 'o3-mini', 'gpt-5-pro', 'gpt-6-astra']) {
    expect(nativeTiers('openai', model), model).toEqual(['priority', 'standard']);
  }
  expect(nativeTiers('openai', 'text-embedding-3-small')).toEqual(['standard']);
  expect(nativeTiers('openai', 'ft:gpt-5:acme::abc')).toEqual(['standard']);
});

test('Groq sells flex for everything, Gemini both for what generates, Anthropic priority alone', () => {
  expect(nativeTiers('groq', 'openai/gpt-oss-20b')).toEqual(['standard', 'flex']);
  expect(nativeTiers('gemini', 'models/gemini-3.8-flash')).toEqual(ALL);
  expect(nativeTiers('gemini', 'gemini-embedding-001')).toEqual(['standard']);
  expect(nativeTiers('anthropic', 'claude-haiku-4-5-20251001')).toEqual(['priority', 'standard']);
});

test('Bedrock sells both for the listed families, in whichever region, and neither for Claude and Llama', () => {
  for (const model of [
    'openai.gpt-oss-120b-1:0',
    'us.amazon.nova-premier-v1:0',
    'global.amazon.nova-2-lite-v1:0',
    'qwen.qwen3-32b-v1:0',
    'deepseek.v3-v1:0',
    'arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.amazon.nova-pro-v1:0',
  ]) {
    expect(nativeTiers('bedrock', model), model).toEqual(ALL);
  }
  for (const model of [
    'anthropic.claude-opus-4-6-v1',
    'us.meta.llama4-scout-17b-instruct-v1:0',
    'amazon.nova-lite-v1:0',
    'us.deepseek.r1-v1:0',
  ]) {
    expect(nativeTiers('bedrock', model), model).toEqual(['standard']);
  }
});
