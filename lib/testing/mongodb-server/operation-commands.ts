/** Commands about what runs: the list of operations, ending one, ending sessions. */
import { hostname } from 'node:os';
import { compileMatch } from './match';
import { interrupted } from './operation';
import { authorise, type Call, type OperationInfo } from './session';
import { Bin, type Doc, doc, int, isDoc, type Maybe, type Value, wholeNumber } from './values';
import type { Reply } from './wire';

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
