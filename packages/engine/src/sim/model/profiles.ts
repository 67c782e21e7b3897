import type { EngineProfile } from './profile.ts';

const llama31ContextTokens = 131_072;

/** The factor by which Splitwise's simulator lengthens a prefill that shares its step with decodes. */
const splitwiseMixedFactor = 1.1;

export type ProfileName =
  | 'h100-8b'
  | 'rtx-pro-6000-8b'
  | 'rtx-4090-8b'
  | 'a100-8b'
  | 'h100-70b-tp8'
  | 'h100-70b-tp8-2023'
  | 'h100-70b-tp4'
  | 'a100-70b-tp8'
  | 'splitwise-h100-70b-tp8'
  | 'splitwise-a100-70b-tp8';

/** Every engine that the model knows, by name. */
export const PROFILES: Readonly<Record<ProfileName, EngineProfile>> = {
  'h100-8b': {
    title: 'NVIDIA H100, Llama-3-8B, one GPU',
    costs: {
      form: 'closed',
      fixedMs: 1.5,
      weightsMs: 6.8,
      perTokenMs: 0.0233,
      blend: 1.5,
      attentionPairMs: 8.7e-7,
      contextTokenMs: 4.35e-5,
      perStreamMs: 0.004,
    },
    kvTokens: 390_000,
    contextTokensMax: llama31ContextTokens,
    source:
      'Vidur linear layers of a 7B x1.15, anchored on ConServe (2048 prefill tokens: 51 ms at context 0, 124 ms at 40k) and BLIS',
  },
  'rtx-pro-6000-8b': {
    title: 'NVIDIA RTX PRO 6000, Llama-3.1-8B, one GPU',
    costs: {
      form: 'closed',
      fixedMs: 2.36,
      weightsMs: 10.17,
      perTokenMs: 0.03749,
      blend: 1.65,
      attentionPairMs: 2.36e-6,
      attentionTileTokens: 284,
      contextTokenMs: 9.14e-5,
      contextSkew: 0,
      perStreamMs: 0.00245,
      prefillStep: { fixedMs: 6.7, contextTokenMs: 6.26e-5 },
    },
    kvTokens: 500_000,
    contextTokensMax: llama31ContextTokens,
    source:
      'Fit to the layer profiles of LLMServingSim; the two fixed terms, of which profiles of layers know nothing, to the steps of the first half of its vLLM 0.19 run of 300 ShareGPT requests',
  },
  'rtx-4090-8b': {
    title: 'NVIDIA RTX 4090, Llama-3.1-8B, one GPU',
    costs: {
      form: 'closed',
      fixedMs: 2.13,
      weightsMs: 15.95,
      perTokenMs: 0.09166,
      blend: 2.12,
      attentionPairMs: 4.63e-6,
      contextTokenMs: 1.43e-4,
      perStreamMs: 0.0066,
    },
    kvTokens: 41_408,
    contextTokensMax: 41_408,
    source: 'Fit to a profiled vLLM, KV size as measured; the same replay is 2-5 % high in TTFT and 3 % high in TPOT',
  },
  'a100-8b': {
    title: 'NVIDIA A100, Llama-3-8B, one GPU',
    costs: {
      form: 'closed',
      fixedMs: 2,
      weightsMs: 9.4,
      perTokenMs: 0.0677,
      blend: 1.4,
      attentionPairMs: 2.6e-6,
      contextTokenMs: 7.1e-5,
      perStreamMs: 0.004,
    },
    kvTokens: 390_000,
    contextTokensMax: llama31ContextTokens,
    source: 'Fit to Vidur linear layers; attention from the roofline at 200 TFLOP/s',
  },
  'h100-70b-tp8': {
    title: 'NVIDIA H100 x8, Llama-3-70B, tensor parallel 8, current stack',
    costs: {
      form: 'closed',
      fixedMs: 3,
      weightsMs: 11,
      perTokenMs: 0.036,
      blend: 1.5,
      attentionPairMs: 5.5e-7,
      contextTokenMs: 1.5e-5,
      perStreamMs: 0.004,
    },
    kvTokens: 1_200_000,
    contextTokensMax: llama31ContextTokens,
    source: 'The 2023 profile with an assumed custom all-reduce of 2 ms',
  },
  'h100-70b-tp8-2023': {
    title: 'NVIDIA H100 x8, Llama-2/3-70B, tensor parallel 8, the stack of 2023',
    costs: {
      form: 'closed',
      fixedMs: 4,
      weightsMs: 15.7,
      perTokenMs: 0.0413,
      blend: 1,
      attentionPairMs: 5.5e-7,
      contextTokenMs: 1.36e-5,
      perStreamMs: 0.004,
    },
    kvTokens: 1_200_000,
    contextTokensMax: llama31ContextTokens,
    source: 'Vidur: linear layers 8.4 ms and NCCL all-reduce 8.4 ms at one token',
  },
  'h100-70b-tp4': {
    title: 'NVIDIA H100 x4, Llama-3-70B, tensor parallel 4',
    costs: {
      form: 'closed',
      fixedMs: 3,
      weightsMs: 22.4,
      perTokenMs: 0.0664,
      blend: 1.27,
      attentionPairMs: 1.1e-6,
      contextTokenMs: 2.7e-5,
      perStreamMs: 0.004,
    },
    kvTokens: 390_000,
    contextTokensMax: llama31ContextTokens,
    source: 'Fit to Vidur',
  },
  'a100-70b-tp8': {
    title: 'NVIDIA A100 x8, Llama-3-70B, tensor parallel 8',
    costs: {
      form: 'closed',
      fixedMs: 4,
      weightsMs: 21.9,
      perTokenMs: 0.112,
      blend: 1.02,
      attentionPairMs: 1.6e-6,
      contextTokenMs: 2.2e-5,
      perStreamMs: 0.004,
    },
    kvTokens: 1_200_000,
    contextTokensMax: llama31ContextTokens,
    source: 'Fit to Vidur',
  },
  'splitwise-h100-70b-tp8': {
    title: "NVIDIA H100 x8, Llama-2-70B, tensor parallel 8, Splitwise's measurements",
    costs: {
      form: 'tabled',
      decodeFixedMs: 29.6,
      perStreamMs: 0.202,
      contextTokenMs: 2.18e-4,
      prefill: [
        [512, 54],
        [1024, 78],
        [2048, 134],
        [4096, 376],
        [8192, 832],
        [16_384, 1552],
        [32_768, 2936],
      ],
      mixedFactor: splitwiseMixedFactor,
    },
    kvTokens: 1_200_000,
    contextTokensMax: 32_768,
    source:
      "Splitwise's database (old HF and vLLM); decode is a linear fit with 1.7 % error; KV size taken from the Vidur row",
  },
  'splitwise-a100-70b-tp8': {
    title: "NVIDIA A100 x8, Llama-2-70B, tensor parallel 8, Splitwise's measurements",
    costs: {
      form: 'tabled',
      decodeFixedMs: 43.6,
      perStreamMs: 0.197,
      contextTokenMs: 4.1e-4,
      prefill: [
        [512, 93],
        [1024, 161],
        [2048, 283],
        [4096, 708],
        [8192, 1781],
      ],
      mixedFactor: splitwiseMixedFactor,
    },
    kvTokens: 1_200_000,
    contextTokensMax: 8192,
    source: "Splitwise's database (old HF and vLLM); decode is a linear fit; KV size taken from the Vidur row",
  },
};

export function isProfileName(name: string): name is ProfileName {
  return Object.hasOwn(PROFILES, name);
}
