/** Commands about databases, collections, views and indexes. */
import { Encoded, encode } from './codec';
import { compileMatch } from './match';
import { compilePipeline } from './pipeline';
import { pipelineContext } from './read-commands';
import { authorise, type Call, collectionName, may } from './session';
import type { Collection } from './store';
import { Bin, type Doc, doc, int, isDoc, ServerError, type Value } from './values';
import type { Reply } from './wire';

export function listDatabases(call: Call): Reply {
  const all = may(call, 'listDatabases', null);
  if (!all && !call.connection.user) authorise(call, 'listDatabases', null);
  const filter = call.command.get('filter');
  const test = compileMatch(isDoc(filter) ? filter : new Map(), { root: null, vars: null });
  const databases = [...call.state.store.databases]
    .filter(([name]) => all || may(call, 'find', name))
    .map(([name, collections]) =>
      doc({ name, sizeOnDisk: BigInt([...collections.values()].reduce((sum, one) => sum + one.bytes, 0)), empty: false }),
    )
    .filter(test);
  const named = call.command.get('nameOnly') === true ? databases.map((one) => doc({ name: one.get('name') })) : databases;
  return doc({ databases: named, totalSize: 0n, ok: 1 });
}

function collectionInfo(collection: Collection, nameOnly: boolean, database: string): Doc {
  const kind = collection.isView ? 'view' : collection.options.has('timeseries') ? 'timeseries' : 'collection';
  if (nameOnly) return doc({ name: collection.name, type: kind });
  const [id] = collection.indexes;
  return doc({
    name: collection.name,
    type: kind,
    options: collection.options,
    info: collection.isView ? doc({ readOnly: true }) : doc({ readOnly: false, uuid: new Bin(4, collection.uuid) }),
    idIndex: collection.isView || !id ? undefined : indexInfo(id.name, id.spec, `${database}.${collection.name}`),
  });
}

function indexInfo(name: string, spec: Doc, _namespace: string): Doc {
  return new Map<string, Value>([
    ['v', int(2)],
    ['key', spec.get('key') ?? null],
    ['name', name],
    ...[...spec].filter(([key]) => !['v', 'key', 'name'].includes(key)),
  ]);
}

/** A list that fits into one batch of a cursor. */
function firstBatch(namespace: string, documents: Doc[]): Reply {
  const cursor = new Map<string, Value | Encoded>([
    ['id', 0n],
    ['ns', namespace],
    ['firstBatch', documents],
  ]);
  return new Map<string, Value | Encoded>([
    ['cursor', new Encoded([encode(cursor)])],
    ['ok', 1],
  ]);
}

export function listCollections(call: Call): Reply {
  if (!may(call, 'listCollections', call.database)) authorise(call, 'listCollections', call.database);
  const filter = call.command.get('filter');
  const test = compileMatch(isDoc(filter) ? filter : new Map(), { root: null, vars: null });
  const collections = [...(call.state.store.databases.get(call.database)?.values() ?? [])];
  const nameOnly = call.command.get('nameOnly') === true;
  const list = collections.map((one) => collectionInfo(one, nameOnly, call.database)).filter(test);
  if (collections.some((one) => one.isView))
    list.push(
      doc({
        name: 'system.views',
        type: 'collection',
        ...(nameOnly ? {} : { options: new Map(), info: doc({ readOnly: false }) }),
      }),
    );
  return firstBatch(`${call.database}.$cmd.listCollections`, list);
}

function existing(call: Call): Collection {
  const collection = call.state.store.find(call.database, collectionName(call));
  if (!collection) throw new ServerError(26, 'NamespaceNotFound', `ns does not exist: ${call.database}.${collectionName(call)}`);
  return collection;
}

export function listIndexes(call: Call): Reply {
  authorise(call, 'listIndexes', call.database);
  const collection = existing(call);
  if (collection.isView)
    throw new ServerError(
      166,
      'CommandNotSupportedOnView',
      `Namespace ${call.database}.${collection.name} is a view, not a collection`,
    );
  const list = collection.indexes.map((index) => indexInfo(index.name, index.spec, `${call.database}.${collection.name}`));
  return firstBatch(`${call.database}.${collection.name}`, list);
}

const OPTIONS = [
  'viewOn',
  'pipeline',
  'validator',
  'validationLevel',
  'validationAction',
  'capped',
  'size',
  'max',
  'timeseries',
  'expireAfterSeconds',
  'collation',
  'comment',
];

export function create(call: Call): Reply {
  authorise(call, 'createCollection', call.database);
  const name = collectionName(call);
  if (call.state.store.find(call.database, name))
    throw new ServerError(48, 'NamespaceExists', `Collection ${call.database}.${name} already exists.`);
  const options: Doc = new Map([...call.command].filter(([key]) => OPTIONS.includes(key)));
  const pipeline = options.get('pipeline');
  if (options.has('viewOn')) compilePipeline(Array.isArray(pipeline) ? pipeline : [], pipelineContext(call));
  call.state.store.ensure(call.database, name, options);
  return doc({ ok: 1 });
}

export function collMod(call: Call): Reply {
  authorise(call, 'collMod', call.database);
  const collection = existing(call);
  const changes = [...call.command].filter(([key]) => OPTIONS.includes(key));
  collection.setOptions(new Map([...collection.options, ...changes]));
  return doc({ ok: 1 });
}

export function createIndexes(call: Call): Reply {
  authorise(call, 'createIndex', call.database);
  const collection = call.state.store.ensure(call.database, collectionName(call));
  const before = collection.indexes.length;
  const list = call.command.get('indexes');
  for (const spec of Array.isArray(list) ? list.filter(isDoc) : []) collection.addIndex(spec);
  return doc({
    numIndexesBefore: int(before),
    numIndexesAfter: int(collection.indexes.length),
    createdCollectionAutomatically: false,
    ok: 1,
  });
}

export function dropIndexes(call: Call): Reply {
  authorise(call, 'dropIndex', call.database);
  const collection = existing(call);
  const wanted = call.command.get('index');
  const before = collection.indexes.length;
  const kept = collection.indexes.filter((index) => index.name === '_id_' || (wanted !== '*' && index.name !== wanted));
  collection.indexes.splice(0, before, ...kept);
  return doc({ nIndexesWas: int(before), ok: 1 });
}

export function drop(call: Call): Reply {
  authorise(call, 'dropCollection', call.database);
  call.state.store.drop(call.database, collectionName(call));
  return doc({ ns: `${call.database}.${collectionName(call)}`, nIndexesWas: int(1), ok: 1 });
}

export function dropDatabase(call: Call): Reply {
  authorise(call, 'dropDatabase', call.database);
  call.state.store.databases.delete(call.database);
  return doc({ dropped: call.database, ok: 1 });
}

export function renameCollection(call: Call): Reply {
  const [from, to] = [call.command.get('renameCollection'), call.command.get('to')].map(String);
  const [fromDb = '', ...fromName] = (from ?? '').split('.');
  const [toDb = '', ...toName] = (to ?? '').split('.');
  authorise(call, 'dropCollection', fromDb);
  authorise(call, 'insert', toDb);
  const { store } = call.state;
  const collection = store.find(fromDb, fromName.join('.'));
  if (!collection) throw new ServerError(26, 'NamespaceNotFound', `Source collection ${from} does not exist`);
  if (store.find(toDb, toName.join('.'))) throw new ServerError(48, 'NamespaceExists', 'target namespace exists');
  const copy = store.ensure(toDb, toName.join('.'), collection.options);
  copy.seed(collection.items);
  store.drop(fromDb, collection.name);
  return doc({ ok: 1 });
}

export function collStats(call: Call): Reply {
  authorise(call, 'collStats', call.database);
  const collection = call.state.store.find(call.database, collectionName(call));
  const count = collection?.items.length ?? 0;
  const size = Math.min(collection?.bytes ?? 0, 2 ** 31 - 1);
  const fields = {
    size: int(size),
    count: int(count),
    storageSize: int(size),
    avgObjSize: count > 0 ? int(Math.floor(size / count)) : undefined,
  };
  return doc({
    ns: `${call.database}.${collectionName(call)}`,
    ...fields,
    nindexes: int(collection?.indexes.length ?? 0),
    totalIndexSize: int(0),
    capped: false,
    ok: 1,
  });
}

export function dbStats(call: Call): Reply {
  authorise(call, 'dbStats', call.database);
  const collections = [...(call.state.store.databases.get(call.database)?.values() ?? [])];
  const sum = (read: (one: Collection) => number): number => collections.reduce((total, one) => total + read(one), 0);
  return doc({
    db: call.database,
    collections: BigInt(collections.filter((one) => !one.isView).length),
    views: BigInt(collections.filter((one) => one.isView).length),
    objects: BigInt(sum((one) => one.items.length)),
    dataSize: sum((one) => one.bytes),
    storageSize: sum((one) => one.bytes),
    indexes: BigInt(sum((one) => one.indexes.length)),
    ok: 1,
  });
}
