import { z } from 'zod';
import { QuarryError } from '../../kernel/errors';
import { inputMessage } from '../../kernel/input-message';
import type { ConnectionInput, Manifest } from '../contract';

export const sqliteConfigSchema = z.object({
  /** Relative to the folder of allowed files (SQLITE_ROOT), or an absolute path inside it. */
  file: z
    .string()
    .trim()
    .min(1, 'is missing')
    .max(1_000)
    .refine((file) => !file.includes('\0'), 'is not a file name'),
});

export type SqliteConfig = z.output<typeof sqliteConfigSchema>;

/** Everything about SQLite that needs no connection. */
export const manifest: Manifest<SqliteConfig> = {
  type: 'sqlite',
  label: 'SQLite',
  defaultPoolMax: 4,
  uriSchemes: ['file'],
  capabilities: {
    notOffered: {
      server: 'SQLite is a file that Quarry opens itself, so there is no server, login, password or TLS.',
      schemas: 'A SQLite file has no schemas: every table has a name of its own.',
      partitions: 'SQLite keeps every table whole.',
      comments: 'SQLite keeps no comments on tables and columns.',
      replicas: 'A file has no copies that follow it.',
    },
    sql: true,
    transactions: true,
    schemas: false,
    transport: 'file',
    streaming: true,
    cancel: true,
    explain: true,
  },
  connectionSchema: sqliteConfigSchema,
  formFields: [
    {
      name: 'file',
      label: 'File',
      kind: 'text',
      required: true,
      placeholder: 'sales.sqlite',
      help: 'A file in the folder that the operator allows (SQLITE_ROOT).',
    },
  ],
  parseConnection,
  // An upload's folder and name are ours and tell nobody anything.
  summarise: ({ file }) => ({
    target: /^uploads\/[^/]+\/[^/]+$/.test(file) ? 'Uploaded file' : file.split('/').slice(-2).join('/'),
  }),
  endpoints: () => [],
  promptNotes: [
    'SQLite: identifiers with spaces or reserved words need double quotes; strings take single quotes.',
    "Dates are usually ISO text: use date(), datetime() and strftime('%Y-%m', column); there is no date_trunc, EXTRACT or INTERVAL.",
    'Integer division truncates: multiply by 1.0. LIKE ignores case for ASCII letters. There is no ILIKE.',
    'Booleans are 0 and 1. Concatenate with ||.',
  ],
};

function parseConnection(input: ConnectionInput): SqliteConfig {
  const parsed = sqliteConfigSchema.safeParse(
    {
      file: input.file ?? (input.uri === undefined ? undefined : fileOfUri(input.uri.trim())),
    },
    { error: inputMessage },
  );
  if (parsed.success) return parsed.data;
  throw new QuarryError('input.invalid', `The file of the connection ${parsed.error.issues[0]?.message ?? 'is not valid'}.`, {
    details: { field: 'file' },
  });
}

/** "file:name", "file:///absolute/path", with percent-encoding (RFC 8089 and SQLite's own form). Parameters are ours to choose, so they go. */
function fileOfUri(uri: string): string {
  const match = /^(?:file|sqlite):(?:\/\/(?:localhost)?(?=\/))?([^?#]*)/i.exec(uri);
  if (!match)
    throw new QuarryError('input.invalid', 'This is not the address of a file. It should read file:name.sqlite.', {
      details: { field: 'uri' },
    });
  try {
    return decodeURIComponent(match[1] ?? '');
  } catch {
    throw new QuarryError(
      'input.invalid',
      'The address holds a percent sign that does not start a code such as %20. Write %25 for the sign itself.',
    );
  }
}
