import pg from 'pg';
import { newId } from '../kernel/ids';

/** An empty database beside another one, for a while: to compare schemas, and for tests. */
export interface ScratchDatabase {
  url: string;
  drop(): Promise<void>;
}

/** @param url a login that may create databases */
export async function createScratchDatabase(url: string): Promise<ScratchDatabase> {
  const name = `quarry_scratch_${newId().replaceAll('-', '')}`;
  const run = async (sql: string) => {
    const admin = new pg.Client({ connectionString: url });
    await admin.connect();
    try {
      await admin.query(sql);
    } finally {
      await admin.end();
    }
  };
  await run(`CREATE DATABASE ${name}`);
  const scratch = new URL(url);
  scratch.pathname = `/${name}`;
  return { url: scratch.href, drop: () => run(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`) };
}
