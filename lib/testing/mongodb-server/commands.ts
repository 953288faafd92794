/** The table of commands, and how one is run: its operation is registered, limited, logged, and its error answered. */
import * as catalogue from './catalogue-commands';
import { keyOf } from './compare';
import { Operation } from './operation';
import * as operations from './operation-commands';
import * as reads from './read-commands';
import * as server from './server-commands';
import type { Call, Connection, OperationInfo, ServerState } from './session';
import * as users from './user-commands';
import { Bin, badValue, type Doc, doc, int, isDoc, ServerError, type Value, wholeNumber } from './values';
import type { Reply, Request } from './wire';
import * as writes from './write-commands';

type Command = (call: Call) => Reply | Promise<Reply>;

const ok: Command = () => doc({ ok: 1 });
const shell =
  (fields: Record<string, Value>): Command =>
  () =>
    doc({ ...fields, ok: 1 });

const COMMANDS: Record<string, Command> = {
  hello: server.hello,
  isMaster: server.hello,
  ismaster: server.hello,
  ping: ok,
  buildInfo: server.buildInfo,
  buildinfo: server.buildInfo,
  saslStart: server.saslStart,
  saslContinue: server.saslContinue,
  authenticate: server.authenticate,
  logout: server.logout,
  connectionStatus: server.connectionStatus,
  serverStatus: server.serverStatus,
  getParameter: shell({ featureCompatibilityVersion: doc({ version: '7.0' }) }),
  startSession: ok,
  refreshSessions: ok,
  endSessions: operations.endSessions,
  killSessions: operations.killSessions,
  whatsmyuri: (call) => doc({ you: call.connection.client, ok: 1 }),
  find: reads.find,
  aggregate: reads.aggregate,
  getMore: reads.getMore,
  killCursors: reads.killCursors,
  count: reads.count,
  distinct: reads.distinct,
  explain: reads.explain,
  insert: writes.insert,
  update: writes.update,
  delete: writes.remove,
  findAndModify: writes.findAndModify,
  findandmodify: writes.findAndModify,
  listDatabases: catalogue.listDatabases,
  listCollections: catalogue.listCollections,
  listIndexes: catalogue.listIndexes,
  create: catalogue.create,
  collMod: catalogue.collMod,
  createIndexes: catalogue.createIndexes,
  dropIndexes: catalogue.dropIndexes,
  drop: catalogue.drop,
  dropDatabase: catalogue.dropDatabase,
  renameCollection: catalogue.renameCollection,
  collStats: catalogue.collStats,
  dbStats: catalogue.dbStats,
  dbstats: catalogue.dbStats,
  currentOp: operations.currentOp,
  killOp: operations.killOp,
  createUser: users.createUser,
  updateUser: users.updateUser,
  dropUser: users.dropUser,
  usersInfo: users.usersInfo,
};

/** Answered before anybody has signed in. */
const OPEN = new Set([
  'hello',
  'isMaster',
  'ismaster',
  'ping',
  'buildInfo',
  'buildinfo',
  'saslStart',
  'saslContinue',
  'authenticate',
  'logout',
  'connectionStatus',
  'endSessions',
  'whatsmyuri',
]);

let lastOperation = 0;
const FINISHED_KEPT = 2000;

function beginOperation(state: ServerState, connection: Connection, request: Request, name: string): OperationInfo {
  const { command } = request;
  const session = command.get('lsid');
  const id = isDoc(session) ? session.get('id') : undefined;
  const given = command.get('maxTimeMS');
  const limit = given === undefined ? 0 : wholeNumber(given);
  if (limit === null || limit < 0) throw badValue(`maxTimeMS must be a non-negative number`);
  const first = command.get(name);
  lastOperation += 1;
  // A getMore is limited by what its cursor's command was given.
  const cursor = name === 'getMore' ? state.cursors.all().find((one) => keyOf(one.id) === keyOf(first)) : undefined;
  return {
    operation: new Operation(lastOperation, cursor ? cursor.about.maxTimeMs : limit),
    connection: connection.id,
    client: connection.client,
    command,
    name,
    namespace: `${request.database}.${typeof first === 'string' ? first : '$cmd'}`,
    comment: command.get('comment') ?? (cursor?.about.comment as Value | undefined),
    session: id instanceof Bin ? Buffer.from(id.bytes).toString('hex') : null,
    user: connection.user ? `${connection.user.db}.${connection.user.name}` : null,
    appName: connection.appName,
    since: new Date(),
  };
}

/** @returns the answer, errors included */
export async function runCommand(state: ServerState, connection: Connection, request: Request): Promise<Reply> {
  const name = request.command.keys().next().value ?? '';
  let info: OperationInfo | null = null;
  let code = 0;
  try {
    const command = COMMANDS[name];
    if (!command) throw new ServerError(59, 'CommandNotFound', `no such command: '${name}'`);
    if (state.authorization && !connection.user && !OPEN.has(name))
      throw new ServerError(13, 'Unauthorized', `Command ${name} requires authentication`);
    if (request.command.has('startTransaction') || request.command.get('autocommit') === false)
      throw new ServerError(20, 'IllegalOperation', 'Transaction numbers are only allowed on a replica set member or mongos');
    info = beginOperation(state, connection, request, name);
    state.running.set(info.operation.id, info);
    const call: Call = { state, connection, request, command: request.command, database: request.database, info };
    const reply = await command(call);
    info.operation.check();
    return reply;
  } catch (error) {
    const failure =
      error instanceof ServerError
        ? error
        : new ServerError(1, 'InternalError', error instanceof Error ? error.message : 'failed');
    code = failure.code;
    const body: Doc = doc({
      ok: 0,
      errmsg: failure.message,
      code: int(failure.code),
      codeName: failure.codeName,
      ...failure.extra,
    });
    return body;
  } finally {
    if (info) {
      state.running.delete(info.operation.id);
      remember(state, info, code);
    }
  }
}

function remember(state: ServerState, info: OperationInfo, code: number): void {
  const { operation, name, namespace, comment } = info;
  const limit = wholeNumber(info.command.get('maxTimeMS'));
  state.finished.push({
    command: name,
    namespace,
    comment: comment ?? null,
    docsExamined: operation.docsExamined,
    returned: operation.returned,
    code,
    maxTimeMs: limit ?? 0,
  });
  if (state.finished.length > FINISHED_KEPT) state.finished.splice(0, FINISHED_KEPT / 2);
}
