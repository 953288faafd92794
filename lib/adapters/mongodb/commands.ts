import { Decimal128, Double, Int32, Long } from 'mongodb';
import { QuarryError } from '../../kernel/errors';
import { construct, isoDate, LiteralProblem } from './literals';
import type { Operation } from './operation';
import type { ParamPlace, Survey } from './survey';
import { Doc, List, Param, type Scalar, type Value, wholeNumber } from './values';

/** A command as it goes over the wire. Documents are Maps, so that the order of keys stays, whatever they are called. */
export interface Command {
  body: Record<string, unknown>;
  /** What the answer is: documents of a cursor, one number, a list of values, a plan, or counts of a write. */
  answer: 'cursor' | 'count' | 'values' | 'plan' | 'write';
  /** The column that a number or a list of values gets. */
  column: string;
  /** The most documents that the query itself asks for. */
  ownLimit: number;
}

export interface CommandSettings {
  /** Documents that are wanted at most, the one included that tells whether something was cut. */
  most: number;
  firstBatch: number;
  maxTimeMS: number;
  comment: string;
}

/**
 * The command that runs an operation, with its values bound.
 * @throws QuarryError input.invalid when a value doesn't fit its place
 */
export function commandOf(
  operation: Operation,
  survey: Pick<Survey, 'params'>,
  values: readonly unknown[],
  settings: CommandSettings,
): Command {
  const bind = new Binder(survey.params, values);
  const { kind, collection, implicitLimit } = operation;
  const part = (name: string) => {
    const slot = operation.parts.get(name);
    return slot === undefined ? undefined : bind.value(slot.value);
  };
  const shared = { collation: part('collation'), hint: part('hint') };
  const common = { maxTimeMS: settings.maxTimeMS, comment: settings.comment };
  const asked = implicitLimit ?? wholeOf(part('limit')) ?? 0;
  const ownLimit = asked === 0 ? Number.MAX_SAFE_INTEGER : asked;
  const cursor = (body: Record<string, unknown>, limit = ownLimit): Command =>
    finish(
      operation,
      { body: present({ ...body, ...shared, ...common }), answer: 'cursor', column: '', ownLimit: limit },
      settings,
    );
  switch (kind) {
    case 'find': {
      const limit = Math.min(ownLimit, settings.most);
      const find = {
        find: collection,
        filter: part('filter'),
        projection: part('projection'),
        sort: part('sort'),
        skip: part('skip'),
      };
      const bounded = limit < 2 ** 31 ? { limit } : {};
      return cursor({
        ...find,
        ...bounded,
        let: part('let'),
        batchSize: Math.min(limit, settings.firstBatch),
        allowDiskUse: sortsOnly(operation),
      });
    }
    case 'aggregate': {
      const batchSize = Math.min(settings.most, settings.firstBatch);
      const pipeline = part('pipeline');
      return cursor(
        { aggregate: collection ?? 1, pipeline, cursor: { batchSize }, let: part('let'), allowDiskUse: true },
        Number.MAX_SAFE_INTEGER,
      );
    }
    case 'countDocuments': {
      const stages = [
        stage('$match', part('filter') ?? new Map()),
        ...['skip', 'limit'].flatMap((name) => (operation.parts.has(name) ? [stage(`$${name}`, part(name))] : [])),
        stage('$count', 'count'),
      ];
      const body = { aggregate: collection, pipeline: stages, cursor: {}, ...shared, ...common };
      return finish(operation, { body: present(body), answer: 'count', column: 'count', ownLimit: 1 }, settings);
    }
    case 'count': {
      const body = { count: collection, query: part('filter'), limit: part('limit'), skip: part('skip'), ...shared, ...common };
      return finish(operation, { body: present(body), answer: 'count', column: 'count', ownLimit: 1 }, settings);
    }
    case 'distinct': {
      const key = String(part('key'));
      const body = { distinct: collection, key, query: part('filter'), ...shared, ...common };
      return finish(
        operation,
        { body: present(body), answer: 'values', column: key, ownLimit: Number.MAX_SAFE_INTEGER },
        settings,
      );
    }
    default:
      return { body: present({ ...writeBody(operation, part), ...common }), answer: 'write', column: '', ownLimit: 0 };
  }
}

/** Explaining wraps the command, which then says nothing of time itself. */
function finish(operation: Operation, command: Command, settings: CommandSettings): Command {
  if (!operation.explain) return command;
  const { maxTimeMS: _time, comment: _comment, ...inner } = command.body;
  const body = { explain: inner, verbosity: 'queryPlanner', maxTimeMS: settings.maxTimeMS, comment: settings.comment };
  return { body, answer: 'plan', column: 'plan', ownLimit: 1 };
}

/** Servers before 6.0 sort in 100 MB unless they may use the disk; without a sort the word would be refused by some. */
function sortsOnly(operation: Operation): true | undefined {
  return operation.parts.has('sort') ? true : undefined;
}

function writeBody({ kind, collection }: Operation, part: (name: string) => unknown): Record<string, unknown> {
  const filter = part('filter') ?? new Map();
  switch (kind) {
    case 'insertOne':
      return { insert: collection, documents: [part('document')], ordered: true };
    case 'insertMany':
      return { insert: collection, documents: part('documents'), ordered: true };
    case 'deleteOne':
    case 'deleteMany':
      return { delete: collection, deletes: [{ q: filter, limit: kind === 'deleteOne' ? 1 : 0 }], ordered: true };
    case 'replaceOne':
      return { update: collection, updates: [{ q: filter, u: part('replacement'), multi: false }], ordered: true };
    default:
      return { update: collection, updates: [{ q: filter, u: part('update'), multi: kind === 'updateMany' }], ordered: true };
  }
}

const stage = (name: string, value: unknown) => new Map([[name, value]]);

function present(body: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(body).filter(([, value]) => value !== undefined));
}

function wholeOf(value: unknown): number | undefined {
  return value instanceof Int32 || value instanceof Long || value instanceof Double ? wholeNumber(value) : undefined;
}

// ---------------------------------------------------------------- bound values

class Binder {
  constructor(
    private readonly places: ReadonlyMap<Param, ParamPlace>,
    private readonly values: readonly unknown[],
  ) {}

  /** A value of the query as BSON's own. */
  value(value: Value): unknown {
    if (value instanceof Param) return this.param(value);
    if (value instanceof List) return value.items.map((item) => this.value(item.value));
    if (value instanceof Doc) return new Map(value.entries.map((entry) => [entry.key, this.value(entry.value)]));
    return value;
  }

  private param(param: Param): unknown {
    const place = this.places.get(param);
    if (param.number === 0) throw badValue(`The parameter :${param.name} has no value. Give one under the name "${param.name}".`);
    if (param.number > this.values.length) throw badValue(`The parameter $${param.number} has no value.`);
    if (place === undefined) throw badValue('A parameter stands where only a constant can.');
    const given = this.values[param.number - 1];
    const typed =
      param.constructorName === undefined ? scalarOf(given, `$${param.number}`) : constructed(param.constructorName, given);
    if (place === 'number') {
      const number = Array.isArray(typed) ? undefined : wholeNumber(typed);
      if (number === undefined || number < 0)
        throw badValue(`The parameter $${param.number} must be a whole number that is not negative.`);
    }
    // In an expression "$field" would be a field and 1 might mean "this field": a bound value is always itself.
    return place === 'expression' ? new Map([['$literal', typed]]) : typed;
  }
}

/** A bound value with its type; a list of such values; never a document, which could hold operators. */
function scalarOf(value: unknown, name: string): Scalar | Scalar[] {
  if (Array.isArray(value)) {
    return value.map((item) => {
      const scalar = scalarOf(item, name);
      if (Array.isArray(scalar)) throw badValue(`The parameter ${name} holds a list within a list.`);
      return scalar;
    });
  }
  if (value === null || value === undefined) return null;
  if (typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number') return numberOf(value);
  if (typeof value === 'bigint') return Long.fromBigInt(value);
  if (value instanceof Date) return value;
  if (value instanceof Decimal128) return value;
  throw badValue(`The parameter ${name} must be a text, a number, true, false, null or a list of these.`);
}

function numberOf(value: number): Int32 | Long | Double {
  if (!Number.isSafeInteger(value) || Object.is(value, -0)) return new Double(value);
  return Math.abs(value) < 2 ** 31 ? new Int32(value) : Long.fromBigInt(BigInt(value));
}

/** ISODate(:day) and the like; a list gives a list. */
function constructed(name: string, value: unknown): Scalar | Scalar[] {
  if (Array.isArray(value)) return value.map((item) => constructed(name, item) as Scalar);
  if (value === null || value === undefined) return null;
  if (value instanceof Date && /Date$/.test(name)) return value;
  try {
    if (typeof value === 'string' && /Date$/.test(name)) return isoDate(value);
    const scalar = scalarOf(value, name);
    const made = construct(name, Array.isArray(scalar) ? [] : [scalar]);
    if (made !== undefined) return made;
  } catch (error) {
    if (!(error instanceof LiteralProblem)) throw error;
    throw badValue(`The value given to ${name}(…) ${error.message}.`);
  }
  throw badValue(`${name} is not known.`);
}

function badValue(sentence: string): QuarryError {
  return new QuarryError('input.invalid', sentence, { stage: 'parse' });
}
