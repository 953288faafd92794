import pg from 'pg';
import { newId } from '../kernel/ids';

/** An empty database beside another one, for a while: to compare schemas, and for tests. */
export interface ScratchDatabase {
  url: string;
  drop(): Promise<void>;
}

const LEAVE_MS = 2_000;

/** @param url a login that may create databases */
export async function createScratchDatabase(url: string): Promise<ScratchDatabase> {
  const name = `quarry_scratch_${newId().replaceAll('-', '')}`;
  const asAdmin = async (work: (admin: pg.Client) => Promise<unknown>) => {
    const admin = new pg.Client({ connectionString: url });
    await admin.connect();
    try {
      await work(admin);
    } finally {
      await admin.end();
    }
  };
  await asAdmin((admin) => admin.query(`CREATE DATABASE ${name}`));
  const scratch = new URL(url);
  scratch.pathname = `/${name}`;
  return { url: scratch.href, drop: () => asAdmin((admin) => dropDatabase(admin, name)) };
}

/** Connections which have been closed may still be leaving. Those that FORCE cut off would report it to a process that has let go of them. */
async function dropDatabase(admin: pg.Client, name: string, deadline = Date.now() + LEAVE_MS): Promise<void> {
  while (Date.now() < deadline) {
    const { rowCount } = await admin.query('SELECT 1 FROM pg_stat_activity WHERE datname = $1 LIMIT 1', [name]);
    if (rowCount === 0) break;
  }
  await admin.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
}
