import type { ConnectionInput, Manifest } from '../adapters/contract';
import { QuarryError } from '../kernel/errors';
import type { UpdateSourceInput } from './schema';

const FIELDS = ['host', 'port', 'database', 'username', 'password', 'tls', 'ssh', 'file', 'options'] as const;

/**
 * A change laid over the stored connection: what the change leaves out stays, the password included. But a stored password is
 * never sent to another server than the one it was entered for: that would let whoever may edit a source read it there.
 * @returns the normalised connection
 * @throws QuarryError input.invalid
 */
export function mergeConnection(
  manifest: Manifest,
  stored: unknown,
  change: NonNullable<UpdateSourceInput['connection']>,
): unknown {
  const known = connectionFields(stored);
  const { uri, ...rest } = change;
  const { tls, ...fields } = uri === undefined ? rest : { ...fromUri(manifest, uri), ...rest };
  const laid: ConnectionInput = { ...(uri === undefined ? known : {}), ...(fields as ConnectionInput) };
  if (known.tls || tls) laid.tls = { ...(known.tls ?? { mode: 'disable' }), ...tls };
  if (fields.password === undefined && known.password !== undefined) laid.password = known.password;
  const merged = manifest.parseConnection(withoutUndefined(laid));
  if (fields.password === undefined && known.password && where(manifest, merged) !== where(manifest, stored)) {
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
  JSON.stringify(manifest.endpoints(config).map(({ host, port }) => `${host.toLowerCase()}:${port}`));

function connectionFields(config: unknown): ConnectionInput {
  const record = (config ?? {}) as Record<string, unknown>;
  return Object.fromEntries(FIELDS.filter((field) => record[field] != null).map((field) => [field, record[field]]));
}

const withoutUndefined = (input: ConnectionInput): ConnectionInput =>
  Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined));
