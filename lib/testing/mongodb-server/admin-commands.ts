/** Commands about the server, its databases, collections, users and operations. */
import { hostname } from 'node:os';
import { Encoded, encode } from './codec';
import { compileMatch } from './match';
import { interrupted } from './operation';
import { compilePipeline } from './pipeline';
import { pipelineContext } from './read-commands';
import { authorise, type Call, collectionName, may, type OperationInfo, shownPrivileges } from './session';
import type { Collection } from './store';
import { isRole, payloadOf, type Role, ScramConversation } from './users';
import { Bin, badValue, type Doc, doc, fromPlain, int, isDoc, type Maybe, ServerError, type Value, wholeNumber } from './values';
import type { Reply } from './wire';

export function hello(call: Call): Reply {
  const { state, command, connection } = call;
  const client = command.get('client');
  const application = isDoc(client ?? null) ? (client as Doc).get('application') : undefined;
  const name = isDoc(application) ? application.get('name') : undefined;
  if (typeof name === 'string') connection.appName = name;
  const out = doc({
    helloOk: true,
    isWritablePrimary: true,
    ismaster: call.request.legacy || command.has('ismaster') || command.has('isMaster') ? true : undefined,
    topologyVersion: undefined,
    maxBsonObjectSize: int(16_777_216),
    maxMessageSizeBytes: int(48_000_000),
    maxWriteBatchSize: int(100_000),
    localTime: new Date(),
    logicalSessionTimeoutMinutes: int(30),
    connectionId: int(connection.id),
    minWireVersion: int(0),
    maxWireVersion: int(21),
    readOnly: false,
  });
  if (command.has('saslSupportedMechs')) out.set('saslSupportedMechs', ['SCRAM-SHA-256']);
  const speculative = command.get('speculativeAuthenticate');
  if (isDoc(speculative) && speculative.has('saslStart')) {
    const db = speculative.get('db');
    const answer = startScram(call, speculative, typeof db === 'string' ? db : 'admin');
    if (answer) out.set('speculativeAuthenticate', answer);
  }
  for (const [key, value] of state.hello) out.set(key, value);
  return out.set('ok', 1);
}

function startScram(call: Call, command: Doc, db: string): Doc | null {
  const mechanism = command.get('mechanism');
  if (mechanism !== 'SCRAM-SHA-256') return null;
  const options = command.get('options');
  const skip = isDoc(options) && options.get('skipEmptyExchange') === true;
  const conversation = new ScramConversation(payloadOf(command.get('payload')), db, call.state.users, skip);
  call.connection.conversation = conversation;
  return conversation.first();
}

export function saslStart(call: Call): Reply {
  const answer = startScram(call, call.command, call.database);
  if (!answer)
    throw new ServerError(
      334,
      'MechanismUnavailable',
      `Received authentication for mechanism ${String(call.command.get('mechanism'))} which is not enabled`,
    );
  return answer.set('ok', 1);
}

export function saslContinue(call: Call): Reply {
  const { connection } = call;
  if (!connection.conversation) throw new ServerError(17, 'ProtocolError', 'No SASL session state found');
  try {
    const { reply, user } = connection.conversation.next(payloadOf(call.command.get('payload')));
    if (user) connection.user = user;
    if (reply.get('done') === true) connection.conversation = null;
    return reply.set('ok', 1);
  } catch (error) {
    connection.conversation = null;
    throw error;
  }
}

export function logout(call: Call): Reply {
  call.connection.user = null;
  return doc({ ok: 1 });
}

export function connectionStatus(call: Call): Reply {
  const { user } = call.connection;
  const roles = user ? (call.state.users.find(user.name, user.db)?.roles ?? []) : [];
  const info = doc({
    authenticatedUsers: user ? [doc({ user: user.name, db: user.db })] : [],
    authenticatedUserRoles: roles.map((role) => doc({ role: role.role, db: role.db })),
  });
  if (call.command.get('showPrivileges') === true) info.set('authenticatedUserPrivileges', shownPrivileges(call));
  return doc({ authInfo: info, ok: 1 });
}

export function buildInfo(call: Call): Reply {
  const { version } = call.state;
  return doc({
    version,
    gitVersion: 'quarry-test-server',
    modules: [],
    versionArray: [...version.split('.').map((part) => int(Number(part))), int(0)],
    openssl: doc({ running: process.versions.openssl }),
    bits: int(64),
    maxBsonObjectSize: int(16_777_216),
    ok: 1,
  });
}

export function serverStatus(call: Call): Reply {
  authorise(call, 'serverStatus', null);
  const { state } = call;
  const current = state.connections.size;
  const uptime = (Date.now() - state.startedAt) / 1000;
  return doc({
    host: hostname(),
    version: state.version,
    process: 'quarry-test-server',
    pid: BigInt(process.pid),
    uptime,
    connections: doc({
      current: int(current),
      available: int(state.maxConnections - current),
      totalCreated: int(state.totalConnections),
      active: int(state.running.size),
    }),
    localTime: new Date(),
    ok: 1,
  });
}

// ---------------------------------------------------------------- operations

function describe(info: OperationInfo): Doc {
  return doc({
    type: 'op',
    host: hostname(),
    desc: `conn${info.connection}`,
    connectionId: int(info.connection),
    client: info.client,
    appName: info.appName,
    active: true,
    currentOpTime: new Date().toISOString(),
    effectiveUsers: info.user ? [userDoc(info.user)] : undefined,
    opid: int(info.operation.id),
    killPending: info.operation.killed ? true : undefined,
    lsid: info.session ? doc({ id: new Bin(4, Buffer.from(info.session, 'hex')) }) : undefined,
    secs_running: BigInt(Math.floor((performance.now() - info.operation.startedAt) / 1000)),
    microsecs_running: BigInt(Math.floor((performance.now() - info.operation.startedAt) * 1000)),
    op: info.name === 'find' ? 'query' : info.name === 'getMore' ? 'getmore' : 'command',
    ns: info.namespace,
    command: withComment(info),
    numYields: int(0),
  });
}

/** A getMore shows the comment of the cursor's command. */
function withComment(info: OperationInfo): Doc {
  const shown: Doc = new Map([...info.command].filter(([key]) => !['documents', 'payload', 'pwd'].includes(key)));
  if (info.comment !== undefined) shown.set('comment', info.comment);
  return shown;
}

const userDoc = (text: string): Doc => {
  const dot = text.indexOf('.');
  return doc({ user: text.slice(dot + 1), db: text.slice(0, dot) });
};

/** MONGODB-X509: whoever the certificate was made out to, if there is such a user in $external. */
export function authenticate(call: Call): Reply {
  const name = call.connection.certificateSubject;
  const user = name === null || call.database !== '$external' ? null : call.state.users.find(name, '$external');
  if (!user) throw new ServerError(18, 'AuthenticationFailed', 'Authentication failed.');
  call.connection.user = user;
  return doc({ dbname: '$external', user: user.name, ok: 1 });
}

function idleConnections(call: Call, mine: (user: string | null) => boolean): Doc[] {
  const busy = new Set([...call.state.running.values()].map((info) => info.connection));
  return [...call.state.connections.values()]
    .filter(({ id, user }) => !busy.has(id) && mine(user ? `${user.db}.${user.name}` : null))
    .map(({ id, client }) => doc({ type: 'op', host: hostname(), connectionId: int(id), client, active: false }));
}

/** @param options allUsers, idleCursors, idleConnections, as $currentOp takes them */
export function currentOperations(call: Call, options: Doc): Doc[] {
  const everyone = options.get('allUsers') === true;
  const mine = (user: string | null): boolean => everyone || user === call.info.user;
  const list = [...call.state.running.values()].filter((info) => mine(info.user)).map(describe);
  if (options.get('idleConnections') === true) list.push(...idleConnections(call, mine));
  if (options.get('idleCursors') !== true) return list;
  const busy = new Set([...call.state.running.values()].map((info) => info.command.get('getMore')));
  for (const cursor of call.state.cursors.all()) {
    if (busy.has(cursor.id) || !mine(cursor.about.user)) continue;
    list.push(
      doc({
        type: 'idleCursor',
        host: hostname(),
        ns: `${cursor.database}.${cursor.collection}`,
        lsid: cursor.about.session ? doc({ id: new Bin(4, Buffer.from(cursor.about.session, 'hex')) }) : undefined,
        cursor: doc({
          cursorId: cursor.id,
          nDocsReturned: 0n,
          originatingCommand: cursor.about.comment === undefined ? new Map() : doc({ comment: cursor.about.comment as Value }),
        }),
      }),
    );
  }
  return list;
}

export function currentOp(call: Call): Reply {
  const own = call.command.get('$ownOps') === true;
  if (!own) authorise(call, 'inprog', null);
  const skipped = [
    'currentOp',
    '$ownOps',
    '$all',
    'maxTimeMS',
    'comment',
    'lsid',
    '$db',
    '$readPreference',
    'apiVersion',
    'apiStrict',
  ];
  const test = compileMatch(new Map([...call.command].filter(([key]) => !skipped.includes(key))), { root: null, vars: null });
  const options = doc({ allUsers: !own });
  return doc({ inprog: currentOperations(call, options).filter(test), ok: 1 });
}

export function killOp(call: Call): Reply {
  const id = wholeNumber(call.command.get('op'));
  const info = id === null ? undefined : call.state.running.get(id);
  if (!info || info.user !== call.info.user || info.user === null) authorise(call, 'killop', null);
  info?.operation.kill(interrupted());
  return doc({ info: 'attempting to kill op', ok: 1 });
}

const sessionsOf = (value: Maybe): string[] =>
  (Array.isArray(value) ? value : []).flatMap((one) => {
    const id = isDoc(one) ? one.get('id') : undefined;
    return id instanceof Bin ? [Buffer.from(id.bytes).toString('hex')] : [];
  });

export function killSessions(call: Call): Reply {
  const wanted = new Set(sessionsOf(call.command.get('killSessions')));
  for (const info of call.state.running.values())
    if (info.session && wanted.has(info.session) && info !== call.info) info.operation.kill(interrupted());
  call.state.cursors.killWhere((cursor) => cursor.about.session !== null && wanted.has(cursor.about.session));
  return doc({ ok: 1 });
}

export function endSessions(call: Call): Reply {
  const wanted = new Set(sessionsOf(call.command.get('endSessions')));
  call.state.cursors.killWhere((cursor) => cursor.about.session !== null && wanted.has(cursor.about.session));
  return doc({ ok: 1 });
}

// ---------------------------------------------------------------- databases and collections

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

// ---------------------------------------------------------------- users

function rolesOf(call: Call, value: Maybe): Role[] {
  return (Array.isArray(value) ? value : []).map((one) => {
    const role = isDoc(one) ? String(one.get('role')) : String(one);
    const db = isDoc(one) ? String(one.get('db') ?? call.database) : call.database;
    if (!isRole(role)) throw new ServerError(31, 'RoleNotFound', `Could not find role: ${role}@${db}`);
    return { role, db };
  });
}

export function createUser(call: Call): Reply {
  authorise(call, 'createUser', call.database);
  const name = collectionName(call);
  const password = call.command.get('pwd');
  if (typeof password !== 'string') throw badValue('Must provide a password for all new users');
  if (call.state.users.find(name, call.database))
    throw new ServerError(51003, 'Location51003', `User "${name}@${call.database}" already exists`);
  call.state.users.set(name, call.database, password, rolesOf(call, call.command.get('roles')));
  return doc({ ok: 1 });
}

export function updateUser(call: Call): Reply {
  authorise(call, 'changePassword', call.database);
  const name = collectionName(call);
  const user = call.state.users.find(name, call.database);
  if (!user) throw new ServerError(11, 'UserNotFound', `User ${name}@${call.database} not found`);
  const roles = call.command.has('roles') ? rolesOf(call, call.command.get('roles')) : user.roles;
  const password = call.command.get('pwd');
  if (typeof password === 'string') call.state.users.set(name, call.database, password, roles);
  else user.roles = roles;
  return doc({ ok: 1 });
}

export function dropUser(call: Call): Reply {
  authorise(call, 'dropUser', call.database);
  const name = collectionName(call);
  if (!call.state.users.remove(name, call.database))
    throw new ServerError(11, 'UserNotFound', `User '${name}@${call.database}' not found`);
  return doc({ ok: 1 });
}

export function usersInfo(call: Call): Reply {
  const wanted = call.command.get('usersInfo');
  const own = isDoc(wanted) ? wanted.get('user') : wanted;
  const self = own === call.connection.user?.name;
  if (!self) authorise(call, 'viewUser', call.database);
  const users = call.state.users.all(isDoc(wanted) ? String(wanted.get('db') ?? call.database) : call.database);
  const list = users.filter((user) => typeof own !== 'string' || user.name === own);
  return doc({
    users: list.map((user) =>
      fromPlain({
        _id: `${user.db}.${user.name}`,
        user: user.name,
        db: user.db,
        roles: user.roles.map((role) => ({ ...role })),
        mechanisms: ['SCRAM-SHA-256'],
      }),
    ),
    ok: 1,
  });
}
