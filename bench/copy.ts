import { spawn } from 'node:child_process';
import pg from 'pg';
import { to as copyTo } from 'pg-copy-streams';

/** What a person would use instead of us: psql's \copy, or COPY through the driver where there is no psql. */
export interface Copier {
  name: string;
  /** Writes the query's rows as CSV to nowhere. @returns milliseconds */
  copy(query: string): Promise<number>;
}

export async function findCopier(url: string): Promise<Copier> {
  if (await works('psql', ['--version'])) {
    return {
      name: 'psql \\copy',
      copy: (query) => timed(() => run('psql', [url, '-qXc', `\\copy (${query}) TO '/dev/null' CSV HEADER`])),
    };
  }
  return { name: 'COPY through pg-copy-streams', copy: (query) => timed(() => copyThroughDriver(url, query)) };
}

async function copyThroughDriver(url: string, query: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const stream = client.query(copyTo(`COPY (${query}) TO STDOUT CSV HEADER`));
    for await (const _ of stream) {
      // only read
    }
  } finally {
    await client.end();
  }
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

async function works(command: string, args: string[]): Promise<boolean> {
  return run(command, args).then(
    () => true,
    () => false,
  );
}

function run(command: string, args: string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: 'ignore' });
    child.on('error', reject);
    child.on('exit', (code) => (code === 0 ? resolve() : reject(new Error(`${command} ended with ${code}`))));
  });
}
