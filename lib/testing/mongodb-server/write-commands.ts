/** Commands that write documents. */
import { randomBytes } from 'node:crypto';
import { encode } from './codec';
import { compileMatch } from './match';
import { compileProjection } from './projection';
import { pipelineContext } from './read-commands';
import { authorise, type Call, collectionName } from './session';
import { compileSort } from './sort';
import type { Collection, Item } from './store';
import { compileUpdate, seedOfUpsert } from './update';
import { badValue, type Doc, doc, int, isDoc, Oid, ServerError, type Value, wholeNumber } from './values';
import type { Reply } from './wire';

function target(call: Call): Collection {
  const collection = call.state.store.ensure(call.database, collectionName(call));
  if (collection.isView)
    throw new ServerError(
      166,
      'CommandNotSupportedOnView',
      `Namespace ${call.database}.${collection.name} is a view, not a collection`,
    );
  return collection;
}

function writeError(index: number, error: unknown): Doc {
  if (!(error instanceof ServerError)) throw error;
  return doc({ index: int(index), code: int(error.code), errmsg: error.message, ...error.extra });
}

/** Runs statements in order; an error ends an ordered run. */
async function each<T>(call: Call, list: readonly T[], run: (one: T, index: number) => Promise<void> | void): Promise<Doc[]> {
  const errors: Doc[] = [];
  const ordered = call.command.get('ordered') !== false;
  for (const [index, one] of list.entries()) {
    try {
      await run(one, index);
    } catch (error) {
      errors.push(writeError(index, error));
      if (ordered) break;
    }
  }
  return errors;
}

const outcome = (fields: Doc, errors: Doc[]): Reply => {
  if (errors.length > 0) fields.set('writeErrors', errors);
  fields.set('ok', 1);
  return fields;
};

export async function insert(call: Call): Promise<Reply> {
  authorise(call, 'insert', call.database);
  const collection = target(call);
  let inserted = 0;
  const errors = await each(call, call.request.documents, (raw) => {
    collection.insert(raw);
    inserted += 1;
  });
  return outcome(doc({ n: int(inserted) }), errors);
}

const statements = (call: Call, name: string): Doc[] => {
  const list = call.command.get(name);
  return Array.isArray(list) ? list.filter(isDoc) : [];
};

/** Documents that a filter finds, at most `limit` (0 for all). */
async function found(call: Call, filter: Value | undefined, limit: number, sort?: Value): Promise<Item[]> {
  if (filter !== undefined && !isDoc(filter)) throw badValue('a filter must be a document');
  const collection = call.state.store.find(call.database, collectionName(call));
  const items: Item[] = [];
  const test = compileMatch(filter ?? new Map(), { root: null, vars: null });
  for (const item of collection?.items ?? []) {
    call.info.operation.docsExamined += 1;
    if (call.info.operation.docsExamined % 512 === 0) call.info.operation.check();
    if (!test(item.value)) continue;
    items.push(item);
    if (limit > 0 && items.length === limit && !sort) break;
  }
  const sorted = isDoc(sort) && sort.size > 0 ? compileSort(sort)(items, (item) => item.value) : items;
  return limit > 0 ? sorted.slice(0, limit) : sorted;
}

export async function remove(call: Call): Promise<Reply> {
  authorise(call, 'remove', call.database);
  const collection = target(call);
  let removed = 0;
  const errors = await each(call, statements(call, 'deletes'), async (one) => {
    const items = await found(call, one.get('q'), wholeNumber(one.get('limit')) ?? 0);
    collection.remove(new Set(items));
    removed += items.length;
  });
  return outcome(doc({ n: int(removed) }), errors);
}

export async function update(call: Call): Promise<Reply> {
  authorise(call, 'update', call.database);
  const collection = target(call);
  const context = pipelineContext(call);
  let matched = 0;
  let modified = 0;
  const upserted: Doc[] = [];
  const errors = await each(call, statements(call, 'updates'), async (one, index) => {
    const change = compileUpdate(one.get('u') ?? null, context);
    const items = await found(call, one.get('q'), one.get('multi') === true ? 0 : 1);
    for (const item of items) {
      const next = change(item.value, false);
      if (encode(next).equals(item.raw)) continue;
      collection.replace(item, next);
      modified += 1;
    }
    matched += items.length;
    if (items.length > 0 || one.get('upsert') !== true) return;
    const filter = one.get('q');
    const fresh = withId(change(seedOfUpsert(isDoc(filter ?? null) ? (filter as Doc) : new Map()), true));
    collection.insert(encode(fresh));
    matched += 1;
    upserted.push(doc({ index: int(index), _id: fresh.get('_id') }));
  });
  return outcome(
    doc({ n: int(matched), nModified: int(modified), upserted: upserted.length > 0 ? upserted : undefined }),
    errors,
  );
}

const withId = (value: Doc): Doc =>
  value.has('_id') ? value : new Map([['_id', new Oid(randomBytes(12).toString('hex'))], ...value]);

export async function findAndModify(call: Call): Promise<Reply> {
  authorise(call, call.command.get('remove') === true ? 'remove' : 'update', call.database);
  const collection = target(call);
  const context = pipelineContext(call);
  const [item] = await found(call, call.command.get('query'), 1, call.command.get('sort') ?? new Map());
  const fields = call.command.get('fields');
  const project = isDoc(fields) && fields.size > 0 ? compileProjection(fields, context.env, true) : (value: Doc) => value;
  if (call.command.get('remove') === true) {
    if (item) collection.remove(new Set([item]));
    return doc({ lastErrorObject: doc({ n: int(item ? 1 : 0) }), value: item ? project(item.value) : null, ok: 1 });
  }
  const change = compileUpdate(call.command.get('update') ?? null, context);
  const wantsNew = call.command.get('new') === true;
  if (item) {
    const next = change(item.value, false);
    collection.replace(item, next);
    return doc({
      lastErrorObject: doc({ n: int(1), updatedExisting: true }),
      value: project(wantsNew ? next : item.value),
      ok: 1,
    });
  }
  if (call.command.get('upsert') !== true)
    return doc({ lastErrorObject: doc({ n: int(0), updatedExisting: false }), value: null, ok: 1 });
  const query = call.command.get('query');
  const fresh = withId(change(seedOfUpsert(isDoc(query) ? query : new Map()), true));
  collection.insert(encode(fresh));
  return doc({
    lastErrorObject: doc({ n: int(1), updatedExisting: false, upserted: fresh.get('_id') }),
    value: wantsNew ? project(fresh) : null,
    ok: 1,
  });
}
