/**
 * A server that speaks MongoDB's wire protocol, for tests on machines without mongod; never part of the product. Documents are BSON and
 * keep every type exactly; queries, expressions and pipelines follow mongod's rules (order of types, arithmetic of int32, int64,
 * double and decimal, null and missing, error codes), work document by document, and can be found, killed and timed out.
 *
 * Where it differs from mongod 7.0:
 * - It is a standalone without journal, oplog, transactions, change streams, text, geo or vector search, server-side JavaScript,
 *   collations, sharding; those are refused with mongod's code or CommandNotSupported (115).
 * - Indexes are kept and unique ones enforced, but only `_id` and joins use one: the planner knows COLLSCAN and IDHACK.
 * - $setWindowFields, $bucketAuto, $densify, $fill, $redact and rare operators (trigonometry, bits, deviation) run in mingo, on doubles.
 * - Regular expressions are JavaScript's; $sort and $group have no memory limit; a cursor doesn't see documents inserted later.
 * - Roles are mongod's built-in ones without custom roles; SCRAM-SHA-256 and MONGODB-X509 (by the common name alone) are the mechanisms.
 */
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer, type Socket } from 'node:net';
import { createSecureContext, TLSSocket } from 'node:tls';
import { serialize } from 'bson';
import { runCommand } from './commands';
import { Cursors } from './cursors';
import { interrupted } from './operation';
import type { Connection, FinishedOperation, ServerState } from './session';
import { Item, Store } from './store';
import { type Role, Users } from './users';
import { fromPlain, isDoc, ServerError } from './values';
import { Framer, parseRequest, writeReply } from './wire';

export interface MongoServerOptions {
  /** 0 or nothing: any free one. */
  port?: number;
  /** PEM texts. `require` refuses connections without TLS, `prefer` takes both (default require). */
  tls?: { key: string; cert: string; ca?: string; mode?: 'require' | 'prefer' };
  /** With `tls.ca`: a client must show a certificate of that authority. */
  requireClientCertificate?: boolean;
  /** With users, everybody must sign in. `db` is where the user is defined (default admin). */
  users?: { name: string; password: string; roles: (string | Role)[]; db?: string }[];
  /** Connections beyond this are closed at once (default 1,000). */
  maxConnections?: number;
  /** Fields laid over the answer to hello, to look like a member of a replica set. */
  hello?: Record<string, unknown>;
  /** What `data` of a stopped server gave: the same databases and users, as after a restart. */
  data?: MongoServerData;
}

/** Databases and users, which outlive a server. */
export interface MongoServerData {
  readonly store: Store;
  readonly users: Users;
}

export interface MongoServer {
  /** With the first user, when there are users. */
  url: string;
  port: number;
  data: MongoServerData;
  stop(): Promise<void>;
  connections(): { id: number; user: string | null; appName: string | undefined; encrypted: boolean }[];
  /** Cuts a connection without a word. @returns whether there was one */
  killConnection(id: number): boolean;
  /** What has ended, oldest first: with documents examined, documents returned, the error's code. */
  operations(): readonly FinishedOperation[];
  /** What runs now: opid, command name, comment. */
  running(): { id: number; command: string; comment: unknown; connection: number }[];
  /** Fills a collection fast. `make` gives a document (with bson types) for each number from 0. */
  seed(database: string, collection: string, count: number, make: (at: number) => Record<string, unknown>): void;
}

export async function startMongoServer(options: MongoServerOptions = {}): Promise<MongoServer> {
  const data = options.data ?? { store: new Store(), users: new Users() };
  for (const { name, password, roles, db = 'admin' } of options.users ?? [])
    data.users.set(
      name,
      db,
      password,
      roles.map((role) => (typeof role === 'string' ? { role, db } : role)),
    );
  const hello = fromPlain(options.hello ?? {});
  const state: ServerState = {
    ...data,
    authorization: (options.users?.length ?? 0) > 0,
    cursors: new Cursors(),
    running: new Map(),
    finished: [],
    connections: new Map(),
    totalConnections: 0,
    maxConnections: options.maxConnections ?? 1000,
    startedAt: Date.now(),
    hello: isDoc(hello) ? hello : new Map(),
    version: '7.0.14',
  };
  const server = createServer({ noDelay: true }, (socket) => accept(socket, state, options));
  server.listen(options.port ?? 0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const [first] = options.users ?? [];
  const login = first ? `${encodeURIComponent(first.name)}:${encodeURIComponent(first.password)}@` : '';
  return {
    url: `mongodb://${login}127.0.0.1:${port}/${first ? `?authSource=${first.db ?? 'admin'}` : ''}`,
    port,
    data,
    async stop() {
      const closed = once(server, 'close');
      server.close();
      for (const { operation } of state.running.values())
        operation.kill(new ServerError(11600, 'InterruptedAtShutdown', 'interrupted at shutdown'));
      for (const connection of state.connections.values()) connection.close();
      await closed;
    },
    connections: () =>
      [...state.connections.values()].map(({ id, user, appName, encrypted }) => ({
        id,
        user: user?.name ?? null,
        appName,
        encrypted,
      })),
    killConnection(id) {
      const connection = state.connections.get(id);
      connection?.close();
      return connection !== undefined;
    },
    operations: () => state.finished,
    running: () =>
      [...state.running.values()].map(({ operation, name, comment, connection }) => ({
        id: operation.id,
        command: name,
        comment: comment ?? null,
        connection,
      })),
    seed(database, collection, count, make) {
      const items = Array.from(
        { length: count },
        (_, at) => new Item(Buffer.from(serialize(make(at), { ignoreUndefined: true })), null),
      );
      data.store.ensure(database, collection).seed(items);
    },
  };
}

/** With TLS, the first byte tells whether the client speaks it. */
function accept(socket: Socket, state: ServerState, options: MongoServerOptions): void {
  socket.on('error', () => socket.destroy());
  if (state.connections.size >= state.maxConnections) {
    socket.destroy();
    return;
  }
  const { tls } = options;
  if (!tls) {
    serve(socket, state);
    return;
  }
  const context = createSecureContext({ key: tls.key, cert: tls.cert, ca: tls.ca });
  socket.once('data', (chunk: Buffer) => {
    socket.pause();
    socket.unshift(chunk);
    if (chunk[0] !== 0x16) {
      if (tls.mode === 'prefer') serve(socket, state);
      else socket.destroy();
      return;
    }
    const wanted = options.requireClientCertificate === true;
    const secure = new TLSSocket(socket, {
      isServer: true,
      secureContext: context,
      requestCert: tls.ca !== undefined,
      rejectUnauthorized: wanted,
    });
    secure.on('error', () => socket.destroy());
    serve(secure, state, tls.ca);
  });
}

/** @param authority whose client certificates are believed */
function serve(socket: Socket, state: ServerState, authority?: string): void {
  state.totalConnections += 1;
  const connection: Connection = {
    id: state.totalConnections,
    client: `${socket.remoteAddress ?? '127.0.0.1'}:${socket.remotePort ?? 0}`,
    appName: undefined,
    user: null,
    conversation: null,
    encrypted: socket instanceof TLSSocket,
    certificateSubject: null,
    close: () => socket.destroy(),
  };
  state.connections.set(connection.id, connection);
  if (socket instanceof TLSSocket) {
    socket.once('secure', () => {
      const certificate = socket.getPeerX509Certificate();
      const trusted = certificate && authority && certificate.verify(new X509Certificate(authority).publicKey);
      connection.certificateSubject = trusted ? certificate.subject : null;
    });
  }
  const framer = new Framer();
  // One message of a connection after the other.
  let queue: Promise<void> = Promise.resolve();
  socket.on('data', (chunk: Buffer) => {
    try {
      for (const message of framer.push(chunk)) queue = queue.then(() => answer(message, socket, state, connection));
    } catch {
      socket.destroy();
    }
  });
  socket.on('close', () => {
    state.connections.delete(connection.id);
    for (const info of state.running.values()) if (info.connection === connection.id) info.operation.kill(interrupted());
  });
}

async function answer(message: Buffer, socket: Socket, state: ServerState, connection: Connection): Promise<void> {
  if (socket.destroyed) return;
  try {
    const request = parseRequest(message);
    const reply = await runCommand(state, connection, request);
    if (!request.silent && !socket.destroyed) socket.write(writeReply(request, reply));
  } catch {
    // A message that can't be read leaves nothing to answer to.
    socket.destroy();
  }
}
