/**
 * What `quarry seed` does: puts the sample databases in place, as files and beside the builder database. Idempotent and fast when
 * they are there; a new version of a sample replaces the old one.
 */
import { chmodSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import pg from 'pg';
import { databaseUrl, systemDb } from '../../lib/db';
import { QuarryError } from '../../lib/kernel/errors';
import { newSecret } from '../../lib/kernel/ids';
import {
  type InstalledSamples,
  installedSamplesFile,
  readInstalledSamples,
  SAMPLES,
  sampleFile,
} from '../../lib/sources/samples';
import { ensureDatabase, ensureLogin, loadSample, mayMakeSamples, withClient } from './postgres';
import { seedFile } from './sqlite';

const LOCK = 714_209_333;

export interface SeedReport {
  /** One line for each sample and engine, for people. */
  lines: string[];
  /** Samples that were written now. */
  written: number;
}

/**
 * Seeds files first, then the server; what can't be done is said in the report and leaves the rest standing.
 * @throws QuarryError storage.denied when the folder of files can't be written, database.unavailable when the server can't be reached
 */
export async function seedSamples(): Promise<SeedReport> {
  const report: SeedReport = { lines: [], written: 0 };
  const note = (written: boolean, what: string) => {
    report.lines.push(`${what}: ${written ? 'written' : 'there'}`);
    if (written) report.written++;
  };
  for (const sample of SAMPLES) {
    try {
      note(seedFile(sample, sampleFile(sample.name)), `sample ${sample.name} (SQLite)`);
    } catch (error) {
      throw new QuarryError(
        'storage.denied',
        `The sample ${sample.name} could not be written below the folder of files (SQLITE_ROOT).`,
        {
          cause: error,
        },
      );
    }
  }
  await seedServer(note, (line) => report.lines.push(line));
  return report;
}

async function seedServer(note: (written: boolean, what: string) => void, say: (line: string) => void): Promise<void> {
  const url = new URL(databaseUrl());
  const builder = decodeURIComponent(url.pathname.slice(1));
  const login = `${builder}_samples`.slice(-63);
  try {
    await withClient(url.href, async (client) => {
      if (!(await mayMakeSamples(client)))
        return say('samples on the server: skipped, because the login may not create databases and roles');
      // Two starts at once seed one after the other; the lock ends with the connection.
      await client.query('SELECT pg_advisory_lock($1)', [LOCK]);
      const kept = readInstalledSamples();
      const password = kept?.username === login ? kept.password : newSecret(24);
      await ensureLogin(client, login, password);
      const databases: InstalledSamples['databases'] = {};
      for (const sample of SAMPLES) {
        const database = `${builder}_${sample.name}`.slice(-63);
        await ensureDatabase(client, database, login);
        const target = new URL(url.href);
        target.pathname = `/${encodeURIComponent(database)}`;
        note(await withClient(target.href, (loader) => loadSample(loader, sample, login)), `sample ${sample.name} (PostgreSQL)`);
        databases[sample.name] = database;
      }
      const installed = { ...whereIs(client), username: login, password, databases };
      writeNote(installed);
      // The password is new when the note was lost; the port, when the embedded server had to move.
      if (!isDeepStrictEqual(kept, installed)) await moveSources(say);
    });
  } catch (error) {
    if (error instanceof QuarryError) throw error;
    const reason = error instanceof pg.DatabaseError ? error.message : 'the server does not answer';
    throw new QuarryError('database.unavailable', `The sample databases could not be made on the server: ${reason}.`, {
      cause: error,
    });
  }
}

/** Sample sources which organisations have already follow the samples. */
async function moveSources(say: (line: string) => void): Promise<void> {
  const owners = await systemDb().dataSource.findMany({
    where: { sample: { not: null }, deletedAt: null },
    distinct: ['organizationId'],
    select: { organizationId: true },
  });
  if (owners.length === 0) return;
  const [{ jobContext }, { moveSampleSources }] = await Promise.all([import('../../lib/access'), import('../../lib/sources')]);
  let moved = 0;
  for (const { organizationId } of owners) moved += await moveSampleSources(await jobContext(organizationId));
  if (moved > 0) say(`sample sources: ${moved} follow the samples to where they are now`);
}

/** Where the client's server is reached, as a source has to be told. */
function whereIs(client: pg.Client): Pick<InstalledSamples, 'host' | 'port' | 'tls'> {
  return { host: client.host.startsWith('/') ? 'localhost' : client.host, port: client.port, tls: Boolean(client.ssl) };
}

function writeNote(installed: InstalledSamples): void {
  const file = installedSamplesFile();
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(`${file}.tmp`, `${JSON.stringify(installed, null, 2)}\n`, { mode: 0o600 });
  chmodSync(`${file}.tmp`, 0o600);
  renameSync(`${file}.tmp`, file);
}
