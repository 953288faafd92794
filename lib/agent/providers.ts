import { createOpenAI } from '@ai-sdk/openai';
import type { LanguageModelV3 } from '@ai-sdk/provider';
import { z } from 'zod';
import type { Ctx } from '../access';
import { openSecret, Prisma, sealSecret } from '../db';
import { QuarryError } from '../kernel/errors';
import { isId, newId } from '../kernel/ids';
import { settings } from '../kernel/settings';
import { callModel } from './call-model';
import type { Tier } from './choose-model';
import { guardedFetch, refuseModelHost } from './guarded-fetch';
import { DEFAULT_BASE_URL, type ModelProviderInput, type ModelProviderView, type ProviderKind, providerKinds } from './schema';

/** A provider that can be called: for one question, with its key opened. */
export interface Provider {
  name: string;
  contextTokens: number;
  modelName(tier: Tier): string;
  model(tier: Tier): LanguageModelV3;
}

const modelsSchema = z.object({ fast: z.string().optional(), balanced: z.string(), complex: z.string().optional() });
type Models = z.infer<typeof modelsSchema>;

const binding = (id: string) => `model-provider:${id}`;

/** The organisation's providers in fail-over order, else the installation's; empty means the built-in planner answers [C25]. */
export async function resolveProviders(ctx: Ctx): Promise<Provider[]> {
  const rows = await ctx.db.modelProvider.findMany({
    where: { enabled: true },
    orderBy: [{ position: 'asc' }, { createdAt: 'asc' }],
  });
  if (rows.length > 0) return Promise.all(rows.map((row) => openProvider(ctx, row)));
  const { modelProvider, modelBaseUrl, modelApiKey, fastModel, balancedModel, complexModel, modelContextTokens } = settings();
  if (modelProvider === 'builtin') return [];
  const balanced = balancedModel ?? fastModel ?? complexModel;
  if (!balanced) {
    throw new QuarryError(
      'model.unavailable',
      'MODEL_PROVIDER is set, but no model is: set BALANCED_MODEL, or add a provider under Settings, Models.',
    );
  }
  const models: Models = {
    balanced,
    ...(fastModel ? { fast: fastModel } : {}),
    ...(complexModel ? { complex: complexModel } : {}),
  };
  const baseUrl = modelBaseUrl ?? DEFAULT_BASE_URL[modelProvider];
  const config = { name: modelProvider, baseUrl, apiKey: modelApiKey ?? null, models, contextTokens: modelContextTokens };
  // Whoever runs the installation may point it anywhere.
  return [makeProvider(config, fetch)];
}

interface ProviderConfig {
  name: string;
  baseUrl: string;
  apiKey: string | null;
  models: Models;
  contextTokens: number;
}

function makeProvider(config: ProviderConfig, fetchThere: typeof fetch = guardedFetch): Provider {
  // Local servers want no key, but the client library does: it sends whatever stands here, which they ignore.
  const client = createOpenAI({ baseURL: config.baseUrl, apiKey: config.apiKey ?? 'none', name: 'openai', fetch: fetchThere });
  const modelName = (tier: Tier) => config.models[tier] ?? config.models.balanced;
  return { name: config.name, contextTokens: config.contextTokens, modelName, model: (tier) => client.chat(modelName(tier)) };
}

type ProviderRow = Awaited<ReturnType<Ctx['db']['modelProvider']['findMany']>>[number];

async function openProvider(ctx: Ctx, row: ProviderRow): Promise<Provider> {
  const apiKey =
    row.sealedKey && row.keyId
      ? await openSecret(ctx.organization.id, binding(row.id), { keyId: row.keyId, sealed: row.sealedKey })
      : null;
  return makeProvider({
    name: row.name,
    baseUrl: row.baseUrl,
    apiKey,
    models: modelsSchema.parse(row.models),
    contextTokens: row.contextTokens,
  });
}

function toView(row: ProviderRow): ModelProviderView {
  return {
    id: row.id,
    name: row.name,
    kind: z.enum(providerKinds).parse(row.kind),
    baseUrl: row.baseUrl,
    hasKey: row.sealedKey !== null,
    models: modelsSchema.parse(row.models) as ModelProviderView['models'],
    contextTokens: row.contextTokens,
    position: row.position,
    enabled: row.enabled,
  };
}

/** Who answers this organisation's questions first, by name, for everybody who may ask; null for both is the built-in planner. */
export async function describeModel(ctx: Ctx): Promise<{ provider: string | null; model: string | null }> {
  const row = await ctx.db.modelProvider.findFirst({
    where: { enabled: true },
    orderBy: [{ position: 'asc' }, { createdAt: 'asc' }],
    select: { name: true, models: true },
  });
  if (row) return { provider: row.name, model: modelsSchema.parse(row.models).balanced };
  const { modelProvider, fastModel, balancedModel, complexModel } = settings();
  if (modelProvider === 'builtin') return { provider: null, model: null };
  return { provider: modelProvider, model: balancedModel ?? fastModel ?? complexModel ?? null };
}

/** Providers of the organisation, in fail-over order; never a key. */
export async function listModelProviders(ctx: Ctx): Promise<ModelProviderView[]> {
  const rows = await ctx.db.modelProvider.findMany({ orderBy: [{ position: 'asc' }, { createdAt: 'asc' }] });
  return rows.map(toView);
}

/** @throws QuarryError conflict when the name is taken; source.host_refused when no model may be at the address */
export async function createModelProvider(ctx: Ctx, input: ModelProviderInput): Promise<ModelProviderView> {
  await refuseModelHost(input.baseUrl ?? defaultBaseUrl(input.kind));
  const id = newId();
  const sealed = input.apiKey ? await sealSecret(ctx.organization.id, binding(id), input.apiKey) : null;
  const last = await ctx.db.modelProvider.aggregate({ _max: { position: true } });
  return nameTaken(input.name, async () =>
    toView(
      await ctx.db.modelProvider.create({
        data: {
          id,
          organizationId: ctx.organization.id,
          name: input.name,
          kind: input.kind,
          baseUrl: input.baseUrl ?? defaultBaseUrl(input.kind),
          sealedKey: sealed?.sealed ?? null,
          keyId: sealed?.keyId ?? null,
          models: compact(input.models),
          contextTokens: input.contextTokens ?? 16_384,
          position: input.position ?? (last._max.position ?? -1) + 1,
          enabled: input.enabled ?? true,
        },
      }),
    ),
  );
}

/** A key that isn't given stays. @throws QuarryError not_found | conflict | source.host_refused */
export async function updateModelProvider(ctx: Ctx, id: string, input: Partial<ModelProviderInput>): Promise<ModelProviderView> {
  const row = await getRow(ctx, id);
  if (input.baseUrl !== undefined) await refuseModelHost(input.baseUrl);
  // A stored key belongs to the server it was typed for: it never follows to another address.
  if (input.baseUrl !== undefined && input.baseUrl !== row.baseUrl && row.sealedKey && input.apiKey === undefined) {
    throw new QuarryError('input.invalid', 'Give the key again when the address changes.', { details: { field: 'apiKey' } });
  }
  const sealed = input.apiKey ? await sealSecret(ctx.organization.id, binding(id), input.apiKey) : null;
  const data = {
    ...(input.name === undefined ? {} : { name: input.name }),
    ...(input.kind === undefined ? {} : { kind: input.kind }),
    ...(input.baseUrl === undefined ? {} : { baseUrl: input.baseUrl }),
    ...(input.models === undefined ? {} : { models: compact(input.models) }),
    ...(input.contextTokens === undefined ? {} : { contextTokens: input.contextTokens }),
    ...(input.position === undefined ? {} : { position: input.position }),
    ...(input.enabled === undefined ? {} : { enabled: input.enabled }),
    ...(input.apiKey === undefined ? {} : { sealedKey: sealed?.sealed ?? null, keyId: sealed?.keyId ?? null }),
  };
  return nameTaken(input.name ?? row.name, async () => toView(await ctx.db.modelProvider.update({ where: { id }, data })));
}

/** @throws QuarryError not_found */
export async function deleteModelProvider(ctx: Ctx, id: string): Promise<void> {
  await getRow(ctx, id);
  await ctx.db.modelProvider.delete({ where: { id } });
}

/**
 * Asks a provider for one word, by the id of a saved one or before it is saved.
 * @returns round trip in milliseconds and the model that answered
 * @throws QuarryError model.* with what is wrong; source.host_refused
 */
export async function testModelProvider(
  ctx: Ctx,
  input: { id: string } | ModelProviderInput,
): Promise<{ ok: true; model: string; latencyMs: number }> {
  if (!('id' in input)) await refuseModelHost(input.baseUrl ?? defaultBaseUrl(input.kind));
  const provider =
    'id' in input
      ? await openProvider(ctx, await getRow(ctx, input.id))
      : makeProvider({
          name: input.name,
          baseUrl: input.baseUrl ?? defaultBaseUrl(input.kind),
          apiKey: input.apiKey ?? null,
          models: modelsSchema.parse(compact(input.models)),
          contextTokens: input.contextTokens ?? 16_384,
        });
  const started = performance.now();
  await callModel({
    model: provider.model('balanced'),
    provider: provider.name,
    system: 'Reply with the single word: ready',
    user: 'Are you ready?',
    signal: ctx.signal,
    timeoutMs: Math.min(20_000, settings().modelTimeoutMs),
    maxOutputTokens: 64,
  });
  return { ok: true, model: provider.modelName('balanced'), latencyMs: Math.round(performance.now() - started) };
}

async function getRow(ctx: Ctx, id: string): Promise<ProviderRow> {
  const row = isId(id) ? await ctx.db.modelProvider.findUnique({ where: { id } }) : null;
  if (!row) throw new QuarryError('not_found', 'There is no such model provider.');
  return row;
}

const defaultBaseUrl = (kind: ProviderKind) => DEFAULT_BASE_URL[kind];
const compact = (models: ModelProviderInput['models']) =>
  Object.fromEntries(Object.entries(models).filter(([, name]) => name !== undefined)) as Record<string, string>;

async function nameTaken<T>(name: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof Prisma.PrismaClientKnownRequestError && error.code === 'P2002') {
      throw new QuarryError('conflict', `There is already a provider named "${name}".`);
    }
    throw error;
  }
}
