/** Commands about users. */
import { authorise, type Call, collectionName } from './session';
import { isRole, type Role } from './users';
import { badValue, doc, fromPlain, isDoc, type Maybe, ServerError } from './values';
import type { Reply } from './wire';

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
