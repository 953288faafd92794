/** Commands that read documents: find, aggregate, getMore, count, distinct, explain. */

import { Encoded, encode } from './codec';
import { keyOf } from './compare';
import { Cursor, FIRST_BATCH } from './cursors';
import { compileExpression } from './expressions';
import { compileMatch } from './match';
import { PAUSE } from './operation';
import { currentOperations } from './operation-commands';
import { valuesAt } from './paths';
import { compilePipeline, type Flow, itemOf, type PipelineContext, read, type Stage } from './pipeline';
import { compileProjection } from './projection';
import { authorise, type Call, collectionName, may } from './session';
import { STAGES } from './stages';
import type { Item } from './store';
import {
  badValue,
  type Doc,
  doc,
  failedToParse,
  int,
  isDoc,
  type Maybe,
  Regex,
  ServerError,
  typeMismatch,
  type Value,
  wholeNumber,
} from './values';
import type { Reply } from './wire';

/** What every command of a driver may carry. */
const GENERIC = [
  '$db',
  '$readPreference',
  '$clusterTime',
  'lsid',
  'txnNumber',
  'apiVersion',
  'apiStrict',
  'maxTimeMS',
  'comment',
  'readConcern',
  'writeConcern',
  'let',
  'hint',
  'collation',
  'autocommit',
  'startTransaction',
  '$audit',
];

function checkFields(call: Call, allowed: string[]): void {
  const [name, ...others] = call.command.keys();
  const unknown = others.find((key) => !allowed.includes(key) && !GENERIC.includes(key));
  if (unknown) throw new ServerError(40415, 'Location40415', `BSON field '${name}.${unknown}' is an unknown field.`);
  const collation = call.command.get('collation');
  const locale = isDoc(collation) ? collation.get('locale') : 'simple';
  if (collation !== undefined && locale !== 'simple')
    throw new ServerError(115, 'CommandNotSupported', 'collations are not available on this test server');
}

export function pipelineContext(call: Call): PipelineContext {
  const given = call.command.get('let');
  const context: PipelineContext = {
    store: call.state.store,
    database: call.database,
    running: { operation: call.info.operation, lastPause: performance.now(), ticks: 0 },
    env: { vars: null },
    depth: 0,
    currentOperations: (options) => currentOperations(call, options),
  };
  if (isDoc(given)) {
    for (const [name, value] of given) {
      const result = compileExpression(value, context.env)({ root: new Map(), vars: context.env.vars });
      context.env.vars = { name, value: result, outer: context.env.vars };
    }
  }
  return context;
}

function limitOf(value: Maybe, name: string): number {
  if (value === undefined || value === null) return 0;
  const whole = wholeNumber(value);
  if (whole === null) throw typeMismatch(`BSON field '${name}' is the wrong type, expected number`);
  return whole;
}

function docOf(value: Maybe, name: string): Doc {
  if (value === undefined || value === null) return new Map();
  if (!isDoc(value)) throw typeMismatch(`BSON field '${name}' is the wrong type, expected type 'object'`);
  return value;
}

const stage = (name: string, spec: Value, context: PipelineContext): Stage => {
  const compile = STAGES[name];
  if (!compile) throw badValue(name);
  return compile(spec, context);
};

/** The documents of a find; one `_id` is looked up instead of searched. */
function findFlow(call: Call, context: PipelineContext): Flow {
  const { command } = call;
  const filter = docOf(command.get('filter'), 'find.filter');
  const test = compileMatch(filter, { root: null, vars: context.env.vars });
  let flow = byIdFlow(call, collectionName(call), filter, context) ?? matching(read(collectionName(call), context), test);
  const sort = docOf(command.get('sort'), 'find.sort');
  if (sort.size > 0) flow = stage('$sort', sort, context)(flow);
  const skip = limitOf(command.get('skip'), 'skip');
  if (skip > 0) flow = stage('$skip', int(skip), context)(flow);
  const limit = Math.abs(limitOf(command.get('limit'), 'limit'));
  if (limit > 0) flow = stage('$limit', int(limit), context)(flow);
  const projection = docOf(command.get('projection'), 'find.projection');
  if (projection.size > 0) flow = projected(flow, compileProjection(projection, context.env, true));
  return flow;
}

function* matching(flow: Flow, test: (value: Doc) => boolean): Flow {
  for (const item of flow) if (item === PAUSE || test(item.value)) yield item;
}

function* projected(flow: Flow, project: (value: Doc) => Doc): Flow {
  for (const item of flow) yield item === PAUSE ? PAUSE : itemOf(project(item.value));
}

function byIdFlow(call: Call, name: string, filter: Doc, context: PipelineContext): Flow | null {
  const collection = call.state.store.find(call.database, name);
  const id = filter.get('_id');
  const plain = id !== undefined && !isDoc(id) && !Array.isArray(id) && !(id instanceof Regex);
  if (!collection || collection.isView || !plain) return null;
  const item = collection.byId(id);
  if (!item) return [];
  context.running.operation.docsExamined += 1;
  const test = compileMatch(filter, { root: null, vars: null });
  return test(item.value) ? [item] : [];
}

async function openCursor(
  call: Call,
  flow: Flow,
  context: PipelineContext,
  options: { name: string; batchSize: number; limit: number; single: boolean },
): Promise<Reply> {
  const about = {
    session: call.info.session,
    comment: call.info.comment,
    user: call.info.user,
    connection: call.connection.id,
    maxTimeMs: limitOf(call.command.get('maxTimeMS'), 'maxTimeMS'),
  };
  const { cursors } = call.state;
  const cursor = new Cursor(cursors.nextId(), call.database, options.name, flow, context.running, options.limit || null, about);
  const batch = options.batchSize === 0 ? new Encoded([], true) : await cursor.batch(options.batchSize, call.info.operation);
  if (options.single) cursor.close();
  if (!cursor.ended) cursors.add(cursor);
  const body = new Map<string, Value | Encoded>([
    ['firstBatch', batch],
    ['id', cursor.ended ? 0n : cursor.id],
    ['ns', `${call.database}.${options.name}`],
  ]);
  call.info.operation.returned = batch.items.length;
  return new Map<string, Value | Encoded>([
    ['cursor', nested(body)],
    ['ok', 1],
  ]);
}

/** A document that holds encoded parts, as one. */
const nested = (body: ReadonlyMap<string, Value | Encoded>): Encoded => new Encoded([encode(body)]);

export async function find(call: Call): Promise<Reply> {
  authorise(call, 'find', call.database);
  checkFields(call, [
    'filter',
    'sort',
    'projection',
    'skip',
    'limit',
    'batchSize',
    'singleBatch',
    'noCursorTimeout',
    'allowDiskUse',
    'returnKey',
    'showRecordId',
    'tailable',
    'awaitData',
    'max',
    'min',
    'allowPartialResults',
    'oplogReplay',
  ]);
  const context = pipelineContext(call);
  const limit = limitOf(call.command.get('limit'), 'limit');
  const given = call.command.get('batchSize');
  const batchSize = given === undefined ? FIRST_BATCH : limitOf(given, 'batchSize');
  if (batchSize < 0) throw badValue('BatchSize value must be non-negative');
  const single = call.command.get('singleBatch') === true || limit < 0;
  return openCursor(call, findFlow(call, context), context, {
    name: collectionName(call),
    batchSize,
    limit: Math.abs(limit),
    single,
  });
}

/** Collections that a pipeline writes into. */
function written(pipeline: readonly Value[]): string[] {
  return pipeline.flatMap((one) => (isDoc(one) && (one.has('$out') || one.has('$merge')) ? [[...one.keys()][0] ?? ''] : []));
}

export async function aggregate(call: Call): Promise<Reply> {
  checkFields(call, ['pipeline', 'cursor', 'explain', 'allowDiskUse', 'bypassDocumentValidation']);
  const pipeline = call.command.get('pipeline');
  if (!Array.isArray(pipeline)) throw typeMismatch("BSON field 'aggregate.pipeline' is missing or not an array");
  const [target] = call.command.values();
  const name = typeof target === 'string' ? target : null;
  const first = pipeline[0];
  const firstName = isDoc(first ?? null) ? ([...(first as Doc).keys()][0] ?? '') : '';
  if (name === null && !['$documents', '$currentOp', '$listLocalSessions'].includes(firstName))
    throw new ServerError(
      73,
      'InvalidNamespace',
      `{aggregate: 1} is not valid for '${firstName || 'an empty pipeline'}'; a collection is required.`,
    );
  if (firstName === '$currentOp') {
    const everyone =
      isDoc(first ?? null) &&
      isDoc((first as Doc).get('$currentOp')) &&
      ((first as Doc).get('$currentOp') as Doc).get('allUsers') === true;
    if (call.database !== 'admin')
      throw new ServerError(73, 'InvalidNamespace', "$currentOp must be run against the 'admin' database with {aggregate: 1}");
    if (everyone) authorise(call, 'inprog', null);
    else if (call.state.authorization && !call.connection.user) authorise(call, 'inprog', null);
  } else authorise(call, 'find', call.database);
  if (written(pipeline).length > 0) authorise(call, 'insert', call.database);
  const context = pipelineContext(call);
  const flow = compilePipeline(withCollection(pipeline, name), context).run(name);
  const cursor = call.command.get('cursor');
  if (!isDoc(cursor ?? null) && call.command.get('explain') !== true)
    throw failedToParse("The 'cursor' option is required, except for aggregate with the explain argument");
  const given = isDoc(cursor) ? cursor.get('batchSize') : undefined;
  const batchSize = given === undefined ? FIRST_BATCH : limitOf(given, 'batchSize');
  return openCursor(call, flow, context, {
    name: name ?? '$cmd.aggregate',
    batchSize,
    limit: lastLimit(pipeline),
    single: false,
  });
}

/** The statistics stages learn which collection they are about. */
function withCollection(pipeline: readonly Value[], name: string | null): Value[] {
  return pipeline.map((one) => {
    if (!isDoc(one) || name === null) return one;
    if (one.has('$collStats')) return doc({ $collStats: doc({ collection: name }) });
    return one.has('$indexStats') ? doc({ $indexStats: doc({ collection: name, index: true }) }) : one;
  });
}

/** A pipeline that ends in $limit has given everything once it has given as many. */
function lastLimit(pipeline: readonly Value[]): number {
  const last = pipeline.at(-1);
  return isDoc(last) && last.has('$limit') ? (wholeNumber(last.get('$limit')) ?? 0) : 0;
}

export async function getMore(call: Call): Promise<Reply> {
  checkFields(call, ['collection', 'batchSize', 'term', 'lastKnownCommittedOpTime']);
  const [id] = call.command.values();
  const cursor = call.state.cursors.get(typeof id === 'bigint' ? id : BigInt(wholeNumber(id) ?? 0));
  if (cursor.about.user !== call.info.user) throw new ServerError(13, 'Unauthorized', 'getMore by another user');
  call.info.namespace = `${cursor.database}.${cursor.collection}`;
  call.info.comment ??= cursor.about.comment as Value | undefined;
  const operation = call.state.running.get(call.info.operation.id)?.operation ?? call.info.operation;
  operation.spentMs = cursor.spentMs;
  let batch: Encoded;
  try {
    batch = await cursor.batch(limitOf(call.command.get('batchSize'), 'batchSize'), operation);
  } catch (error) {
    call.state.cursors.kill(cursor.id);
    throw error;
  }
  if (cursor.ended) call.state.cursors.kill(cursor.id);
  call.info.operation.returned = batch.items.length;
  const body = new Map<string, Value | Encoded>([
    ['nextBatch', batch],
    ['id', cursor.ended ? 0n : cursor.id],
    ['ns', `${cursor.database}.${cursor.collection}`],
  ]);
  return new Map<string, Value | Encoded>([
    ['cursor', nested(body)],
    ['ok', 1],
  ]);
}

export async function killCursors(call: Call): Promise<Reply> {
  const ids = call.command.get('cursors');
  const killed: Value[] = [];
  const notFound: Value[] = [];
  for (const id of Array.isArray(ids) ? ids : []) {
    const wanted = typeof id === 'bigint' ? id : BigInt(wholeNumber(id) ?? 0);
    const cursor = call.state.cursors.all().find((one) => one.id === wanted);
    if (cursor && cursor.about.user !== call.info.user) authorise(call, 'killAnyCursor', null);
    (call.state.cursors.kill(wanted) ? killed : notFound).push(wanted);
  }
  return doc({ cursorsKilled: killed, cursorsNotFound: notFound, cursorsAlive: [], cursorsUnknown: [], ok: 1 });
}

/** Reads a flow to its end, pausing for others. */
export async function readAll(flow: Flow, call: Call, each: (item: Item) => void): Promise<void> {
  for (const item of flow) {
    if (item !== PAUSE) {
      each(item);
      continue;
    }
    await new Promise((resolve) => setImmediate(resolve));
    call.info.operation.check();
  }
}

export async function count(call: Call): Promise<Reply> {
  authorise(call, 'find', call.database);
  checkFields(call, ['query', 'skip', 'limit', 'fields']);
  const context = pipelineContext(call);
  const query = docOf(call.command.get('query'), 'count.query');
  const skip = limitOf(call.command.get('skip'), 'skip');
  const limit = Math.abs(limitOf(call.command.get('limit'), 'limit'));
  const collection = call.state.store.find(call.database, collectionName(call));
  let total = 0;
  if (query.size === 0 && !collection?.isView) total = collection?.items.length ?? 0;
  else
    await readAll(matching(read(collectionName(call), context), compileMatch(query, { root: null, vars: null })), call, () => {
      total += 1;
    });
  total = Math.max(0, total - skip);
  return doc({ n: int(limit > 0 ? Math.min(limit, total) : total), ok: 1 });
}

export async function distinct(call: Call): Promise<Reply> {
  authorise(call, 'find', call.database);
  checkFields(call, ['key', 'query']);
  const key = call.command.get('key');
  if (typeof key !== 'string') throw typeMismatch("BSON field 'distinct.key' is the wrong type, expected type 'string'");
  const context = pipelineContext(call);
  const test = compileMatch(docOf(call.command.get('query'), 'distinct.query'), { root: null, vars: null });
  const found = new Map<string, Value>();
  let bytes = 0;
  await readAll(matching(read(collectionName(call), context), test), call, (item) => {
    for (const value of valuesAt(item.value, key.split('.'))) {
      const text = keyOf(value);
      if (found.has(text)) continue;
      found.set(text, value);
      bytes += text.length + 8;
      if (bytes > 16 * 1024 * 1024) throw new ServerError(17217, 'Location17217', 'distinct too big, 16mb cap');
    }
  });
  return doc({ values: [...found.values()], ok: 1 });
}

/** The plan: always a scan of the collection, or the lookup of one `_id`. */
export async function explain(call: Call): Promise<Reply> {
  const inner = call.command.get('explain');
  if (!isDoc(inner)) throw typeMismatch("BSON field 'explain' is the wrong type");
  const command: Doc = new Map(inner);
  const sub: Call = { ...call, command };
  authorise(call, 'find', call.database);
  const name = collectionName(sub);
  const pipeline = command.get('pipeline');
  const context = pipelineContext(sub);
  const filter = docOf(command.get('filter') ?? command.get('query'), 'filter');
  compileMatch(filter, { root: null, vars: null });
  if (Array.isArray(pipeline)) compilePipeline(withCollection(pipeline, name), context);
  const byId = filter.has('_id') && !isDoc(filter.get('_id'));
  const winning = doc({
    stage: byId ? 'IDHACK' : 'COLLSCAN',
    filter: byId ? undefined : filter,
    direction: byId ? undefined : 'forward',
  });
  const limit = limitOf(command.get('limit'), 'limit');
  const planner = doc({
    namespace: `${call.database}.${name}`,
    parsedQuery: filter,
    indexFilterSet: false,
    winningPlan: limit > 0 ? doc({ stage: 'LIMIT', limitAmount: int(limit), inputStage: winning }) : winning,
    rejectedPlans: [],
  });
  const common = { command: inner, serverInfo: doc({ host: 'localhost', version: call.state.version }), ok: 1 };
  const verbose = call.command.get('verbosity') !== 'queryPlanner' && may(call, 'find', call.database);
  const stats = verbose ? { executionStats: await runForExplain(sub, context, pipeline) } : {};
  if (!Array.isArray(pipeline)) return doc({ explainVersion: '1', queryPlanner: planner, ...stats, ...common });
  const stages = [doc({ $cursor: doc({ queryPlanner: planner }) }), ...pipeline];
  return doc({ explainVersion: '1', stages, ...stats, ...common });
}

async function runForExplain(call: Call, context: PipelineContext, pipeline: Maybe): Promise<Doc> {
  let returned = 0;
  const name = collectionName(call);
  const flow = Array.isArray(pipeline) ? compilePipeline(pipeline, context).run(name) : findFlow(call, context);
  await readAll(flow, call, () => {
    returned += 1;
  });
  return doc({ executionSuccess: true, nReturned: int(returned), totalDocsExamined: int(call.info.operation.docsExamined) });
}
