import { QuarryError } from '../kernel/errors';
import { TENANT_MODELS, type TenantModel } from './tenant-models';

/** Every operation that the scoped client offers. What isn't listed (raw SQL above all) doesn't exist on it. */
export const OPERATIONS = [
  'findUnique',
  'findUniqueOrThrow',
  'findFirst',
  'findFirstOrThrow',
  'findMany',
  'create',
  'createMany',
  'createManyAndReturn',
  'update',
  'updateMany',
  'updateManyAndReturn',
  'upsert',
  'delete',
  'deleteMany',
  'count',
  'aggregate',
  'groupBy',
] as const;
export type Operation = (typeof OPERATIONS)[number];

type Args = Record<string, unknown>;

const isObject = (value: unknown): value is Args =>
  typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;

const toList = (value: unknown): unknown[] => (value === undefined ? [] : Array.isArray(value) ? value : [value]);

/**
 * The first belt: an operation and its arguments, narrowed to one organisation. findUnique becomes findFirst because Prisma
 * batches findUnique calls of one tick into one query, which could mix organisations.
 * @throws QuarryError internal when the arguments name another organisation, an undefined filter, or a nested write to rows
 *   that aren't new: mistakes of ours, so the sentence is for the log
 */
export function scopeOperation(
  model: TenantModel,
  operation: Operation,
  args: unknown,
  organizationId: string,
): { operation: Operation; args: Args } {
  const given: Args = args === undefined ? {} : { ...(args as Args) };
  if ('where' in given && given.where === undefined) throw mistake(model, 'an undefined filter');
  const own = { organizationId };
  switch (operation) {
    case 'findUnique':
    case 'findUniqueOrThrow': {
      const where = { AND: [own, flattenUnique(given.where as Args)] };
      return { operation: operation === 'findUnique' ? 'findFirst' : 'findFirstOrThrow', args: { ...given, where } };
    }
    case 'create':
    case 'createMany':
    case 'createManyAndReturn':
      return { operation, args: { ...given, data: scopeNew(model, given.data, organizationId) } };
    case 'upsert':
      return {
        operation,
        args: {
          ...given,
          where: scopeUnique(given.where as Args, organizationId),
          create: scopeNew(model, given.create, organizationId),
          update: scopeChange(model, given.update, organizationId),
        },
      };
    case 'update':
      return {
        operation,
        args: {
          ...given,
          where: scopeUnique(given.where as Args, organizationId),
          data: scopeChange(model, given.data, organizationId),
        },
      };
    case 'delete':
      return { operation, args: { ...given, where: scopeUnique(given.where as Args, organizationId) } };
    case 'updateMany':
    case 'updateManyAndReturn':
      return {
        operation,
        args: { ...given, where: scopeFilter(given.where, own), data: scopeChange(model, given.data, organizationId) },
      };
    default:
      return { operation, args: { ...given, where: scopeFilter(given.where, own) } };
  }
}

const scopeFilter = (where: unknown, own: Args): Args => (where === undefined ? own : { AND: [own, where] });

const scopeUnique = (where: Args, organizationId: string): Args => ({
  ...where,
  AND: [...toList(where?.AND), { organizationId }],
});

/** `{organizationId_id: {organizationId, id}}` to `{organizationId, id}`; every compound key of a tenant model starts so. */
function flattenUnique(where: Args): Args {
  const out: Args = {};
  for (const [key, value] of Object.entries(where ?? {})) {
    if (key.startsWith('organizationId_') && isObject(value)) Object.assign(out, value);
    else out[key] = value;
  }
  return out;
}

function scopeNew(model: TenantModel, data: unknown, organizationId: string): unknown {
  if (Array.isArray(data)) return data.map((row) => scopeNew(model, row, organizationId));
  return { ...scopeChange(model, data, organizationId), organizationId };
}

/** Checks the data of a write: own organisation only, parents by id only, children only when they are new. */
function scopeChange(model: TenantModel, data: unknown, organizationId: string): Args {
  const { parents, children } = TENANT_MODELS[model] as { parents: readonly string[]; children: Record<string, TenantModel> };
  const out: Args = { ...(data as Args) };
  if (typeof out.organizationId === 'string' && out.organizationId !== organizationId)
    throw mistake(model, 'another organisation');
  if (isObject(out.organizationId)) throw mistake(model, 'a change of organisation');
  for (const parent of parents) {
    if (parent in out) throw mistake(model, `a nested write to ${parent}; set its id field`);
  }
  for (const [field, child] of Object.entries(children)) {
    if (field in out) out[field] = scopeChildren(child, out[field], organizationId);
  }
  return out;
}

/** A child takes its organisation from its parent through the composite key, so it must not name one itself. */
function scopeChildren(model: TenantModel, nested: unknown, organizationId: string): unknown {
  if (!isObject(nested)) return nested;
  const out: Args = {};
  for (const [verb, value] of Object.entries(nested)) {
    if (verb === 'create') {
      const rows = toList(value).map((row) => scopeChange(model, row, organizationId));
      out.create = rows.map(({ organizationId: _inherited, ...row }) => row);
    } else if (verb === 'createMany' && isObject(value)) {
      const rows = toList(value.data).map((row) => scopeChange(model, row, organizationId));
      out.createMany = { ...value, data: rows.map(({ organizationId: _inherited, ...row }) => row) };
    } else throw mistake(model, `a nested ${verb}; use a transaction`);
  }
  return out;
}

const mistake = (model: TenantModel, what: string) =>
  new QuarryError('internal', 'Something went wrong on our side. Try again; if it stays, report the request id.', {
    cause: new Error(`The scoped client refused ${what} on ${model}.`),
  });
