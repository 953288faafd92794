import { Client, type ServerOptions } from '../client';
import { note, print, printJson, terminalWidth } from '../output';
import { formatTable, inert } from '../table';

interface Schema {
  version: number;
  fetchedAt: string;
  layer: string;
  tables: {
    schema?: string;
    name: string;
    kind: string;
    rowEstimate: number | null;
    description?: string;
    columns: { name: string; type: string; nullable: boolean }[];
    primaryKey: string[] | null;
  }[];
}

/** Tables and columns of a source. */
export async function schema(options: ServerOptions & { source: string; refresh?: boolean; json?: boolean }): Promise<void> {
  const client = new Client(options);
  const { id } = await client.source(options.source);
  const found = await (options.refresh
    ? client.json<Schema>('POST', `/api/data-sources/${id}/schema/refresh`, {})
    : client.json<Schema>('GET', `/api/data-sources/${id}/schema`));
  if (options.json) return printJson(found);
  for (const table of found.tables) {
    const name = inert(table.schema ? `${table.schema}.${table.name}` : table.name);
    const rows = table.rowEstimate === null ? '' : `, about ${table.rowEstimate.toLocaleString('en')} rows`;
    print(`${name} (${table.kind}${rows})`);
    if (table.description) print(`  ${inert(table.description)}`);
    const lines = table.columns.map(({ name, type, nullable }) => [
      name,
      type,
      table.primaryKey?.includes(name) ? 'primary key' : nullable ? '' : 'not null',
    ]);
    const columns = [{ name: 'column' }, { name: 'type' }, { name: '' }];
    print(formatTable(columns, lines, terminalWidth() - 2).replace(/^/gm, '  '));
    print('');
  }
  note(`${found.tables.length} tables, version ${found.version}, read ${found.fetchedAt} (${found.layer})`);
}
