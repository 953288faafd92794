import { Client, type ServerOptions } from '../client';
import { UsageFailure } from '../failure';
import { note, print, printJson, terminalWidth } from '../output';
import { formatTable } from '../table';

interface SourceRow {
  id: string;
  name: string;
  type: string;
  access: string;
  environment: { slug: string };
  summary: { target: string; database?: string };
}

export interface AddOptions extends ServerOptions {
  type: string;
  uri?: string;
  file?: string;
  name?: string;
  environment?: string;
  access?: string;
  json?: boolean;
}

/** Connects a database; its test runs first, and a failed one saves nothing. */
export async function addSource(options: AddOptions): Promise<void> {
  const { type, uri, file, environment, access } = options;
  if ((uri === undefined) === (file === undefined)) throw new UsageFailure('Give either --uri or --file.');
  const connection = uri === undefined ? { file } : { uri };
  const name = options.name ?? nameOf(uri ?? file ?? type);
  const made = await new Client(options).json<
    SourceRow & { test: { tableCount: number; serverVersion: string }; schema: { version: number } }
  >('POST', '/api/data-sources', { name, type, connection, environment, access });
  if (options.json) return printJson(made);
  print(made.id);
  note(`Connected ${made.name} (${made.test.serverVersion}): ${made.test.tableCount} tables.`);
}

/** The database's or the file's own name. */
function nameOf(address: string): string {
  const last =
    address
      .replace(/[?#].*$/, '')
      .split('/')
      .at(-1) ?? '';
  return decodeURIComponent(last.replace(/\.(sqlite3?|db3?)$/i, '')) || 'source';
}

export async function listSources(options: ServerOptions & { environment?: string; json?: boolean }): Promise<void> {
  const query = options.environment ? `?environment=${encodeURIComponent(options.environment)}` : '';
  const { dataSources } = await new Client(options).json<{ dataSources: SourceRow[] }>('GET', `/api/data-sources${query}`);
  if (options.json) return printJson({ dataSources });
  const columns = ['name', 'type', 'environment', 'access', 'target', 'id'].map((name) => ({ name }));
  const rows = dataSources.map(({ name, type, environment, access, summary, id }) => [
    name,
    type,
    environment.slug,
    access,
    summary.target,
    id,
  ]);
  print(formatTable(columns, rows, terminalWidth()));
}
