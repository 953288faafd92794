/** Users with built-in roles, and SCRAM-SHA-256 (RFC 5802, RFC 7677) as mongod does it. */
import { createHash, createHmac, pbkdf2Sync, randomBytes, timingSafeEqual } from 'node:crypto';
import { Bin, type Doc, doc, int, ServerError, type Value } from './values';

export interface Role {
  role: string;
  db: string;
}

export interface User {
  name: string;
  /** Where it is defined (authSource). */
  db: string;
  roles: Role[];
  salt: Buffer;
  storedKey: Buffer;
  serverKey: Buffer;
}

const ITERATIONS = 15_000;
const READ = [
  'changeStream',
  'collStats',
  'dbHash',
  'dbStats',
  'find',
  'killCursors',
  'listCollections',
  'listIndexes',
  'planCacheRead',
];
const WRITE = [
  'createCollection',
  'createIndex',
  'dropCollection',
  'dropIndex',
  'insert',
  'remove',
  'renameCollectionSameDB',
  'update',
];
const ADMIN = [
  'collMod',
  'collStats',
  'createCollection',
  'createIndex',
  'dbStats',
  'dropCollection',
  'dropDatabase',
  'dropIndex',
  'listCollections',
  'listIndexes',
];
const USERS = [
  'changePassword',
  'createRole',
  'createUser',
  'dropRole',
  'dropUser',
  'grantRole',
  'revokeRole',
  'viewRole',
  'viewUser',
];
const MONITOR = ['inprog', 'listDatabases', 'serverStatus', 'top'];
const CLUSTER = ['inprog', 'killop', 'killAnySession', 'killAnyCursor', 'listDatabases', 'serverStatus', 'shutdown'];

/** Actions of the built-in roles; `any` roles hold for every database. */
const ROLES: Record<string, { actions: string[]; any?: boolean; cluster?: string[] }> = {
  read: { actions: READ },
  readWrite: { actions: [...READ, ...WRITE] },
  dbAdmin: { actions: ADMIN },
  userAdmin: { actions: USERS },
  dbOwner: { actions: [...READ, ...WRITE, ...ADMIN, ...USERS] },
  readAnyDatabase: { actions: READ, any: true, cluster: ['listDatabases'] },
  readWriteAnyDatabase: { actions: [...READ, ...WRITE], any: true, cluster: ['listDatabases'] },
  dbAdminAnyDatabase: { actions: ADMIN, any: true, cluster: ['listDatabases'] },
  userAdminAnyDatabase: { actions: USERS, any: true, cluster: ['listDatabases'] },
  clusterMonitor: { actions: ['collStats', 'dbStats', 'listCollections', 'listIndexes'], any: true, cluster: MONITOR },
  root: { actions: [...READ, ...WRITE, ...ADMIN, ...USERS], any: true, cluster: CLUSTER },
};

export const isRole = (name: string): boolean => name in ROLES;

/** Whether some role allows the action on a database; cluster actions have none. */
export function allows(roles: readonly Role[], action: string, database: string | null): boolean {
  return roles.some(({ role, db }) => {
    const known = ROLES[role];
    if (!known) return false;
    if (database === null) return known.cluster?.includes(action) ?? false;
    return known.actions.includes(action) && (known.any || db === database);
  });
}

/** As connectionStatus shows them. */
export function privilegesOf(roles: readonly Role[]): Doc[] {
  return roles.flatMap(({ role, db }) => {
    const known = ROLES[role];
    if (!known) return [];
    const actions = [...new Set(known.actions)].sort();
    const own = doc({ resource: doc({ db: known.any ? '' : db, collection: '' }), actions });
    return known.cluster ? [own, doc({ resource: doc({ cluster: true }), actions: known.cluster })] : [own];
  });
}

const hmac = (key: Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();
const hash = (data: Buffer): Buffer => createHash('sha256').update(data).digest();

export class Users {
  private readonly byName = new Map<string, User>();

  set(name: string, db: string, password: string, roles: Role[]): void {
    const salt = randomBytes(28);
    const salted = pbkdf2Sync(password.normalize('NFKC'), salt, ITERATIONS, 32, 'sha256');
    const storedKey = hash(hmac(salted, 'Client Key'));
    this.byName.set(`${db}.${name}`, { name, db, roles, salt, storedKey, serverKey: hmac(salted, 'Server Key') });
  }

  find(name: string, db: string): User | undefined {
    return this.byName.get(`${db}.${name}`);
  }
  remove(name: string, db: string): boolean {
    return this.byName.delete(`${db}.${name}`);
  }
  all(db: string): User[] {
    return [...this.byName.values()].filter((user) => user.db === db);
  }
}

const refused = (): ServerError => new ServerError(18, 'AuthenticationFailed', 'Authentication failed.');

/** One conversation: the client's first message, the server's first, the client's proof, the server's signature. */
export class ScramConversation {
  private readonly user: User | undefined;
  private readonly clientFirstBare: string;
  private readonly serverFirst: string;
  private readonly nonce: string;
  private step = 0;

  constructor(
    payload: Buffer,
    readonly db: string,
    users: Users,
    private readonly skipEmptyExchange: boolean,
  ) {
    const text = payload.toString('utf8');
    if (!text.startsWith('n,,')) throw refused();
    this.clientFirstBare = text.slice(3);
    const fields = fieldsOf(this.clientFirstBare);
    const name = (fields.n ?? '').replaceAll('=2C', ',').replaceAll('=3D', '=');
    this.user = users.find(name, db);
    this.nonce = `${fields.r ?? ''}${randomBytes(24).toString('base64')}`;
    const salt = this.user?.salt ?? hash(Buffer.from(name)).subarray(0, 28);
    this.serverFirst = `r=${this.nonce},s=${salt.toString('base64')},i=${ITERATIONS}`;
  }

  /** The answer to saslStart. */
  first(): Doc {
    return this.reply(this.serverFirst, false);
  }

  /** The answer to saslContinue, and the user once it is proven. @throws error 18 when the proof is wrong */
  next(payload: Buffer): { reply: Doc; user: User | null } {
    this.step += 1;
    if (this.step > 1) return { reply: this.reply('', true), user: this.user ?? null };
    const text = payload.toString('utf8');
    const fields = fieldsOf(text);
    if (!this.user || fields.r !== this.nonce) throw refused();
    const message = `${this.clientFirstBare},${this.serverFirst},${text.slice(0, text.lastIndexOf(',p='))}`;
    const proof = Buffer.from(fields.p ?? '', 'base64');
    const signature = hmac(this.user.storedKey, message);
    if (proof.length !== signature.length) throw refused();
    const clientKey = Buffer.from(proof.map((byte, at) => byte ^ (signature[at] ?? 0)));
    if (!timingSafeEqual(hash(clientKey), this.user.storedKey)) throw refused();
    const done = this.skipEmptyExchange;
    return { reply: this.reply(`v=${hmac(this.user.serverKey, message).toString('base64')}`, done), user: this.user };
  }

  private reply(payload: string, done: boolean): Doc {
    return doc({ conversationId: int(1), done, payload: new Bin(0, Buffer.from(payload)) });
  }
}

function fieldsOf(text: string): Record<string, string> {
  return Object.fromEntries(text.split(',').map((part) => [part.slice(0, 1), part.slice(2)]));
}

export function payloadOf(value: Value | undefined): Buffer {
  if (value instanceof Bin) return Buffer.from(value.bytes);
  return Buffer.from(typeof value === 'string' ? value : '', 'base64');
}
