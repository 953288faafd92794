/** Model providers as the page and the API exchange them; browser-safe. */
import { z } from 'zod';

export const providerKinds = ['openai', 'vllm', 'ollama'] as const;
export type ProviderKind = (typeof providerKinds)[number];

/** Where each kind listens when nothing else is said. */
export const DEFAULT_BASE_URL: Record<ProviderKind, string> = {
  openai: 'https://api.openai.com/v1',
  vllm: 'http://127.0.0.1:8000/v1',
  ollama: 'http://127.0.0.1:11434/v1',
};

const modelName = z.string().trim().min(1).max(200);
const baseUrl = z
  .url({ protocol: /^https?$/, error: 'Give an address that starts with http:// or https://.' })
  .max(500)
  .refine(
    (value) => !new URL(value).username && !new URL(value).password,
    'Keep the key out of the address; it has a field of its own.',
  );

export const modelProviderSchema = z.object({
  name: z.string().trim().min(1).max(60),
  kind: z.enum(providerKinds),
  baseUrl: baseUrl.optional(),
  /** Write-only. Left out on a change: the stored key stays. null: no key. */
  apiKey: z.string().min(1).max(500).nullish(),
  models: z.object({ fast: modelName.optional(), balanced: modelName, complex: modelName.optional() }),
  contextTokens: z.number().int().min(1024).max(2_000_000).optional(),
  position: z.number().int().min(0).max(1000).optional(),
  enabled: z.boolean().optional(),
});
export type ModelProviderInput = z.infer<typeof modelProviderSchema>;
export const modelProviderPatchSchema = modelProviderSchema.partial();
/** A provider can be tried before it is saved, or by the id of a saved one. */
export const modelProviderTestSchema = z.union([z.object({ id: z.string() }), modelProviderSchema]);

export interface ModelProviderView {
  id: string;
  name: string;
  kind: ProviderKind;
  baseUrl: string;
  hasKey: boolean;
  models: { fast?: string; balanced: string; complex?: string };
  contextTokens: number;
  position: number;
  enabled: boolean;
}

export const modelProviderParamsSchema = z.object({ id: z.string() });
export const suggestionParamsSchema = z.object({ id: z.string() });
