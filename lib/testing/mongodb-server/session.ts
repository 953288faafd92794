/** What commands work with: the server's state, and the connection that a command came on. */
import type { Cursors } from './cursors';
import type { Operation } from './operation';
import type { Store } from './store';
import { allows, privilegesOf, type Role, type ScramConversation, type User, type Users } from './users';
import { type Doc, ServerError, type Value } from './values';
import type { Request } from './wire';

export interface OperationInfo {
  operation: Operation;
  connection: number;
  client: string;
  command: Doc;
  name: string;
  namespace: string;
  comment: Value | undefined;
  session: string | null;
  user: string | null;
  appName: string | undefined;
  since: Date;
}

/** An operation that has ended, for tests. */
export interface FinishedOperation {
  command: string;
  namespace: string;
  comment: unknown;
  docsExamined: number;
  returned: number;
  code: number;
  maxTimeMs: number;
}

export interface ServerState {
  store: Store;
  users: Users;
  /** Users must sign in before they may do anything. */
  authorization: boolean;
  cursors: Cursors;
  running: Map<number, OperationInfo>;
  finished: FinishedOperation[];
  connections: Map<number, Connection>;
  totalConnections: number;
  maxConnections: number;
  startedAt: number;
  hello: Doc;
  version: string;
}

export interface Connection {
  id: number;
  client: string;
  appName: string | undefined;
  user: User | null;
  conversation: ScramConversation | null;
  /** Over TLS; with the subject of the client's certificate when it showed one of the server's authority. */
  encrypted: boolean;
  certificateSubject: string | null;
  close(): void;
}

export interface Call {
  state: ServerState;
  connection: Connection;
  request: Request;
  command: Doc;
  database: string;
  info: OperationInfo;
}

const rolesOf = (call: Call): readonly Role[] => {
  const user = call.connection.user;
  // What an administrator changed holds at once.
  return user ? (call.state.users.find(user.name, user.db)?.roles ?? []) : [];
};

/** @param database null for actions on the cluster @throws error 13 */
export function authorise(call: Call, action: string, database: string | null): void {
  if (!call.state.authorization || allows(rolesOf(call), action, database)) return;
  const name = call.command.keys().next().value ?? '';
  if (!call.connection.user) throw new ServerError(13, 'Unauthorized', `Command ${name} requires authentication`);
  throw new ServerError(13, 'Unauthorized', `not authorized on ${database ?? 'admin'} to execute command { ${name}: ... }`);
}

export function may(call: Call, action: string, database: string | null): boolean {
  return !call.state.authorization || allows(rolesOf(call), action, database);
}

export const shownPrivileges = (call: Call): Doc[] => privilegesOf(rolesOf(call));

/** The collection that a command names in its first field. @throws error 73 */
export function collectionName(call: Call): string {
  const [first] = call.command.values();
  if (typeof first === 'string' && first !== '') return first;
  throw new ServerError(73, 'InvalidNamespace', 'collection name has invalid type or is empty');
}
