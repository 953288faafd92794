import { type Ctx, requirePermission } from '../access';
import { getAdapter } from '../adapters/registry';
import { withAudit } from '../audit';
import { recordSchemaVersion, type TableAnswer, tableAnswers, withInferredForeignKeys } from '../catalogue';
import { newId } from '../kernel/ids';
import { settings } from '../kernel/settings';
import { type Connected, connectAndIntrospect, pinHostKey } from './connect';
import { sealConnection } from './credentials';
import { asConflict, refuseTakenName } from './names';
import type { PoolRecipe } from './open-pool';
import { parseConnection } from './parse-connection';
import { pools } from './pools';
import { testReplica } from './replica';
import type { CreateSourceInput } from './schema';
import { type EnvironmentSummary, findEnvironment, ownerOf, summariseConnection, summariseRow } from './source-row';
import type { SourceSummary, TestReport } from './types';

export interface CreatedSource extends SourceSummary {
  test: TestReport;
  schema: { version: number; fingerprint: string; tables: TableAnswer[] };
}

export interface CreateSourceOptions {
  /** Name of the sample database, when the product itself adds one beside its own database. Never from a request. */
  sample?: string;
}

/**
 * Connects a database: tests it, reads its schema, seals the connection into the vault, saves everything in one transaction, and
 * keeps the tested connection in the pool. [A2 A4]
 * @throws QuarryError conflict (name taken in the environment), not_found (environment), and whatever the test finds; nothing is
 *   saved then and the connection is closed
 */
export async function createSource(
  ctx: Ctx,
  input: CreateSourceInput,
  options: CreateSourceOptions = {},
): Promise<CreatedSource> {
  requirePermission(ctx, 'source.manage');
  const environment = await findEnvironment(ctx, input.environment);
  await refuseTakenName(ctx, environment, input.name);
  const adapter = getAdapter(input.type);
  const access = input.access ?? (settings().readOnly ? 'read' : 'read-write');
  const recipe: PoolRecipe = {
    organizationId: ctx.organization.id,
    adapter,
    ...parseConnection(adapter, input.connection),
    pool: input.pool ?? {},
    allowWrites: access === 'read-write',
    sample: options.sample !== undefined,
  };
  if (input.replica) await testReplica(ctx, recipe, input.replica);
  const connected = await connectAndIntrospect(ctx, recipe);
  try {
    return await save(ctx, { input: { ...input, access }, environment, recipe, connected, sample: options.sample ?? null });
  } catch (error) {
    await connected.pool.drain(0);
    throw asConflict(error, environment, input.name);
  }
}

const FIRST_VERSION = 1;

/** The system acts under the nil UUID. */
const isNobody = (userId: string) => /^[0-]+$/.test(userId);

interface Plan {
  input: CreateSourceInput & { access: 'read' | 'read-write' };
  environment: EnvironmentSummary;
  recipe: PoolRecipe;
  connected: Connected;
  sample: string | null;
}

async function save(ctx: Ctx, { input, environment, recipe, connected, sample }: Plan): Promise<CreatedSource> {
  const id = newId();
  const stored = { config: recipe.config, ssh: pinHostKey(recipe.ssh, connected) };
  const summary = summariseConnection(recipe.adapter, stored);
  const credential = await sealConnection(ctx.organization.id, id, FIRST_VERSION, stored);
  const saved = await withAudit(ctx, async (tx) => {
    const row = await tx.dataSource.create({
      data: {
        id,
        environmentId: environment.id,
        name: input.name,
        type: input.type,
        access: input.access,
        summary: { ...summary },
        poolSettings: input.pool ?? {},
        limits: input.limits ?? {},
        ...(input.tables ? { tables: input.tables } : {}),
        ...(input.replica ? { replica: input.replica } : {}),
        sample,
        createdById: isNobody(ctx.principal.userId) ? null : ctx.principal.userId,
        createdAt: ctx.clock.date(),
        credentialVersion: FIRST_VERSION,
      },
    });
    await tx.credential.create({ data: credential });
    const schema = await recordSchemaVersion(tx, id, connected.catalogue, ctx.clock);
    const detail = { name: input.name, type: input.type, environment: environment.slug, access: input.access };
    return { result: { row, schema }, event: { action: 'source.create', target: id, outcome: 'ok', detail } };
  });
  const made = { ...connected.size, pool: connected.pool, name: input.name, credentialVersion: FIRST_VERSION };
  pools().adopt(ownerOf(saved.row), made, ctx.clock);
  const { version, fingerprint, descriptions } = saved.schema;
  const tables = tableAnswers(withInferredForeignKeys(connected.catalogue), descriptions);
  return { ...summariseRow(saved.row, environment), test: connected.test, schema: { version, fingerprint, tables } };
}
