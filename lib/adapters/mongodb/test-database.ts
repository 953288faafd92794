import { randomBytes } from 'node:crypto';
import { connect, createServer, type Socket } from 'node:net';
import { type Document, MongoClient } from 'mongodb';
import { readEnv } from '../../kernel/env';
import type { ConnectionInput } from '../contract';
import { mongodb } from '.';
import { commandOf } from './commands';
import type { MongoConfig } from './manifest';
import { Reader } from './reader';
import { Doc, type Value } from './values';

/** Only for tests: a database of its own on the server that TEST_MONGODB_URL names, reached through a proxy that can cut connections. */
export interface MongoTestDatabase {
  config: MongoConfig;
  connection: ConnectionInput;
  client: MongoClient;
  name: string;
  /** Commands in the shell's literals: {insert: "a", documents: [{_id: 1}]}, or a list of them. */
  exec(text: string): Promise<void>;
  command(command: Document, database?: string): Promise<Document>;
  /** Operations and connections as the server lists them. */
  operations(backendId: string): Promise<Document[]>;
  kill(backendId: string): Promise<void>;
  drop(): Promise<void>;
}

/** Two bytes that the proxy turns into two that are no UTF-8: the driver itself can't write such text. */
export const INVALID_UTF8 = '\u001a\u001a';

export async function createMongoDatabase(): Promise<MongoTestDatabase> {
  const url = readEnv('TEST_MONGODB_URL');
  if (!url) throw new Error('TEST_MONGODB_URL is not set: these tests need a MongoDB. "npm test" brings one up.');
  const server = mongodb.manifest.parseConnection({ uri: url, database: 'admin' }) as MongoConfig;
  const proxy = await startProxy(server.host, server.port);
  const name = `quarry_${randomBytes(6).toString('hex')}`;
  const client = new MongoClient(viaPort(url, proxy.port), { maxPoolSize: 4 });
  const connection: ConnectionInput = {
    host: '127.0.0.1',
    port: proxy.port,
    database: name,
    username: server.username,
    password: server.password,
    options: { authSource: 'admin', directConnection: 'true' },
  };
  const command = (body: Document, database = name) => client.db(database).command(body, { promoteLongs: false });
  const operations = async (backendId: string) => {
    const stages = [{ $currentOp: { allUsers: true, idleConnections: true } }, { $match: { connectionId: Number(backendId) } }];
    return client.db('admin').aggregate(stages).toArray();
  };
  return {
    config: mongodb.manifest.parseConnection(connection) as MongoConfig,
    connection,
    client,
    name,
    command,
    operations,
    exec: async (text) => {
      for (const one of commandsOf(text)) await command(one);
    },
    kill: async (backendId) => {
      const [found] = await operations(backendId);
      proxy.cut(Number(String(found?.client).split(':').at(-1)));
    },
    drop: async () => {
      await client.db(name).dropDatabase();
      await client.close();
      await proxy.close();
    },
  };
}

function viaPort(url: string, port: number): string {
  return url.replace(/(@|\/\/)[^@/]+(\/)/, (_, before, after) => `${before}127.0.0.1:${port}${after}`);
}

/** Commands whose values are read by the adapter's own reader: every type that it knows can be stored. */
function commandsOf(text: string): Document[] {
  const { value } = new Reader(text).slot();
  const documents = value instanceof Doc ? [value] : (driverValue(value) as unknown[]);
  return documents.map((one) => Object.fromEntries((one instanceof Doc ? driverValue(one) : one) as Map<string, unknown>));
}

/** What the driver takes for a literal. */
function driverValue(value: Value): unknown {
  const operation = {
    kind: 'insertOne',
    name: '',
    collection: 'x',
    parts: new Map([['document', { value, start: 0, end: 0 }]]),
  } as const;
  const settings = { most: 1, firstBatch: 1, maxTimeMS: 1, comment: '' };
  const { body } = commandOf(
    { ...operation, explain: false, limitPlace: null, params: [], volatile: false },
    { params: new Map() },
    [],
    settings,
  );
  return (body.documents as unknown[])[0];
}

/** Passes everything on, and can cut what goes out from one of its ports: mongod has no command for that. */
async function startProxy(host: string, port: number) {
  const outgoing = new Map<number, Socket>();
  const sockets = new Set<Socket>();
  const proxy = createServer((incoming) => {
    const server = connect(port, host, () => outgoing.set(server.localPort ?? 0, server));
    for (const [socket, other] of [
      [incoming, server],
      [server, incoming],
    ] as const) {
      sockets.add(socket);
      socket.setNoDelay(true);
      socket.on('error', () => other.destroy());
      socket.on('close', () => {
        sockets.delete(socket);
        other.destroy();
      });
    }
    incoming.on('data', (chunk) => {
      for (let at = chunk.indexOf(INVALID_UTF8); at >= 0; at = chunk.indexOf(INVALID_UTF8, at + 1)) chunk.set([0xff, 0xc3], at);
      if (!server.write(chunk)) incoming.pause();
    });
    server.on('drain', () => incoming.resume());
    incoming.on('end', () => server.end());
    server.pipe(incoming);
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  return {
    port: (proxy.address() as { port: number }).port,
    cut: (localPort: number) => outgoing.get(localPort)?.destroy(),
    close: () =>
      new Promise<void>((resolve) => {
        for (const socket of sockets) socket.destroy();
        proxy.close(() => resolve());
      }),
  };
}
