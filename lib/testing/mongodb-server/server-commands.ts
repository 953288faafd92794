/** Commands about the server and who is calling: greeting, signing in, versions and counts. */
import { hostname } from 'node:os';
import { authorise, type Call, shownPrivileges } from './session';
import { payloadOf, ScramConversation } from './users';
import { type Doc, doc, int, isDoc, ServerError } from './values';
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

/** MONGODB-X509: whoever the certificate was made out to, if there is such a user in $external. */
export function authenticate(call: Call): Reply {
  const name = call.connection.certificateSubject;
  const user = name === null || call.database !== '$external' ? null : call.state.users.find(name, '$external');
  if (!user) throw new ServerError(18, 'AuthenticationFailed', 'Authentication failed.');
  call.connection.user = user;
  return doc({ dbname: '$external', user: user.name, ok: 1 });
}
