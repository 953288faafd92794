import type { Adapter, ConnectionInput, Manifest } from '../adapters/contract';
import { QuarryError } from '../kernel/errors';
import type { StoredConnection } from './credentials';
import { checkTunnel } from './parse-connection';
import { type SshSettings, sshSchema, type UpdateSourceInput } from './schema';

const FIELDS = ['host', 'port', 'database', 'username', 'password', 'tls', 'file', 'options'] as const;

/**
 * A change laid over the stored connection: what the change leaves out stays, the password included. But a stored password is
 * never sent to another server than the one it was entered for: that would let whoever may edit a source read it there.
 * @returns the normalised connection, with its tunnel
 * @throws QuarryError input.invalid
 */
export function mergeConnection(
  adapter: Adapter,
  stored: StoredConnection,
  change: NonNullable<UpdateSourceInput['connection']>,
): StoredConnection {
  const { ssh: tunnelChange, ...databaseChange } = change;
  const ssh = checkTunnel(adapter, mergeTunnel(stored.ssh, tunnelChange));
  const moved = whereTunnel(ssh) !== whereTunnel(stored.ssh);
  return { config: mergeDatabase(adapter.manifest, stored.config, databaseChange, moved), ssh };
}

/**
 * A change laid over the stored tunnel. Its secrets, too, are only for the server and user they were entered for, and so is its host key.
 * @throws QuarryError input.invalid
 */
function mergeTunnel(stored: SshSettings | null, change: ConnectionChange['ssh']): SshSettings | null {
  if (change === undefined) return stored;
  if (change === null || change.host === '') return null;
  const { password, privateKey, passphrase, hostKeySha256, ...place } = stored ?? {};
  const laid = { ...place, ...change };
  const sameServer =
    stored !== null && laid.host === stored.host && laid.port === stored.port && laid.username === stored.username;
  const kept = sameServer ? { password, privateKey, passphrase, hostKeySha256 } : {};
  const filled = Object.entries({ ...kept, ...laid }).filter(([, value]) => value !== undefined && value !== '');
  const parsed = sshSchema.safeParse(Object.fromEntries(filled));
  if (parsed.success) return parsed.data;
  throw new QuarryError(
    'input.invalid',
    stored !== null && !sameServer && !change.password && !change.privateKey
      ? 'Enter the password or key of the SSH tunnel again: the stored one is only for the server and user it was entered for.'
      : (parsed.error.issues[0]?.message ?? 'The SSH tunnel is not complete.'),
    { details: { fields: ['connection.ssh'] } },
  );
}

const whereTunnel = (ssh: SshSettings | null) => (ssh === null ? '' : `${ssh.host.toLowerCase()}:${ssh.port}`);

type ConnectionChange = NonNullable<UpdateSourceInput['connection']>;

/** @param moved whether connections go another way to the server than before, so that the same name may stand for another one */
function mergeDatabase(manifest: Manifest, stored: unknown, change: Omit<ConnectionChange, 'ssh'>, moved: boolean): unknown {
  const known = connectionFields(stored);
  const { uri, ...rest } = change;
  const { tls, ...fields } = uri === undefined ? rest : { ...fromUri(manifest, uri), ...rest };
  const laid: ConnectionInput = { ...(uri === undefined ? known : {}), ...(fields as ConnectionInput) };
  if (uri === undefined && known.options && fields.options) laid.options = { ...known.options, ...fields.options };
  if (known.tls || tls) laid.tls = { ...(known.tls ?? { mode: 'disable' }), ...tls };
  if (fields.password === undefined && known.password !== undefined) laid.password = known.password;
  const merged = manifest.parseConnection(withoutUndefined(laid));
  if (fields.password === undefined && known.password && (moved || where(manifest, merged) !== where(manifest, stored))) {
    throw new QuarryError(
      'input.invalid',
      'Enter the password again: the stored one is only for the server it was entered for.',
      {
        details: { fields: ['connection.password'] },
      },
    );
  }
  return merged;
}

/** What a pasted address says. One that doesn't speak of TLS leaves the stored settings as they are, rather than weaken them. */
function fromUri(manifest: Manifest, uri: string): ConnectionInput {
  const { tls, ...fields } = connectionFields(manifest.parseConnection({ uri }));
  return tls && /[?&](ssl|tls)/i.test(uri) ? { ...fields, tls } : fields;
}

const where = (manifest: Manifest, config: unknown) =>
  JSON.stringify(manifest.endpoints(config).map(({ host, port, list }) => `${list ? 'list ' : ''}${host.toLowerCase()}:${port}`));

function connectionFields(config: unknown): ConnectionInput {
  const record = (config ?? {}) as Record<string, unknown>;
  return Object.fromEntries(FIELDS.filter((field) => record[field] != null).map((field) => [field, record[field]]));
}

const withoutUndefined = (input: ConnectionInput): ConnectionInput =>
  Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined));
