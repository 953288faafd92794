import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import type { ConnectionInput } from '../../adapters/contract';
import { quarryHome } from '../../kernel/paths';
import { settings } from '../../kernel/settings';
import type { SampleName } from './definition';
import { SAMPLES } from './samples';

/** How a sample database on this installation is connected. */
interface SampleConnection {
  sample: SampleName;
  type: string;
  name: string;
  connection: ConnectionInput;
}

/** What `quarry seed` writes down about the sample databases that it made on a server: $QUARRY_HOME/samples.json (0600). */
const installedSamplesSchema = z.object({
  host: z.string(),
  port: z.number(),
  username: z.string(),
  password: z.string(),
  tls: z.boolean(),
  databases: z.partialRecord(z.enum(['network', 'storefront']), z.string()),
});
export type InstalledSamples = z.output<typeof installedSamplesSchema>;

export const installedSamplesFile = () => path.join(quarryHome(), 'samples.json');

/** The note of the last seed; null when there is none, or when it can't be read. */
export function readInstalledSamples(): InstalledSamples | null {
  const file = installedSamplesFile();
  if (!existsSync(file)) return null;
  const parsed = installedSamplesSchema.safeParse(JSON.parse(readFileSync(file, 'utf8')));
  return parsed.success ? parsed.data : null;
}

/** Folder below which files may be connected (API.md, SQLITE_ROOT). */
const filesRoot = () => path.resolve(/* turbopackIgnore: true */ settings().sqliteRoot ?? path.join(quarryHome(), 'sqlite'));

/** Absolute path of a sample's file. */
export function sampleFile(sample: SampleName): string {
  return path.join(filesRoot(), 'samples', `${sample}.sqlite`);
}

/** The sample databases that are there, on both engines; an empty list before `quarry seed` has run. */
export function sampleConnections(): SampleConnection[] {
  const found: SampleConnection[] = [];
  const server = readInstalledSamples();
  for (const { name: sample, label } of SAMPLES) {
    const database = server?.databases[sample];
    if (server && database) {
      const { host, port, username, password, tls } = server;
      const connection = { host, port, database, username, password, ...(tls ? { tls: { mode: 'require' as const } } : {}) };
      found.push({ sample, type: 'postgres', name: `${label} (PostgreSQL)`, connection });
    }
    const file = sampleFile(sample);
    if (existsSync(file)) found.push({ sample, type: 'sqlite', name: `${label} (SQLite)`, connection: { file } });
  }
  return found;
}
