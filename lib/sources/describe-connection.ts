import { type Ctx, requirePermission } from '../access';
import { getAdapter } from '../adapters/registry';
import { openConnection } from './credentials';
import { getSourceRow } from './source-row';
import { listSourceTypes } from './source-types';

/** A stored connection as the edit form shows it. */
export interface ConnectionForm {
  /** What isn't secret, by the names of the engine's form fields ("host", "tls.mode"). */
  values: Record<string, string>;
  /** Names of secret fields that are set. What they hold is never sent. */
  stored: string[];
}

/**
 * The connection of a source without its secrets, for editing it. [A13]
 * @throws QuarryError not_found; vault.corrupt, vault.key_missing
 */
export async function describeConnection(ctx: Ctx, id: string): Promise<ConnectionForm> {
  requirePermission(ctx, 'source.manage');
  const row = await getSourceRow(ctx, id);
  const { config, ssh } = await openConnection(ctx, id, getAdapter(row.type));
  const connection = { ...(config as object), ...(ssh ? { ssh } : {}) };
  const form: ConnectionForm = { values: {}, stored: [] };
  for (const field of listSourceTypes().find((type) => type.type === row.type)?.fields ?? []) {
    const value = valueAt(connection, field.name.split('.'));
    if (value === undefined || value === null || value === '') continue;
    // What stands for "not chosen" inside an engine's connection is no choice of the form.
    if (field.options && !field.options.some((option) => option.value === value)) continue;
    if (field.secret) form.stored.push(field.name);
    else form.values[field.name] = String(value);
  }
  return form;
}

function valueAt(config: unknown, path: string[]): unknown {
  return path.reduce<unknown>(
    (at, key) =>
      typeof at === 'object' && at !== null && Object.hasOwn(at, key) ? (at as Record<string, unknown>)[key] : undefined,
    config,
  );
}
