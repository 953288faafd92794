import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Cell, ExecuteOptions, Lease, Pool, Row, TextStream } from '../contract';
import { collect, expectCode, options } from '../contract-suite';
import { sqlite } from './index';

/** Packed text must say of every value what a row says of it, and end where rows end. */

const folder = mkdtempSync(path.join(tmpdir(), 'quarry-packed-'));
let pool: Pool;

beforeAll(() => {
  vi.stubEnv('SQLITE_ROOT', folder);
  new Database(path.join(folder, 'packed.sqlite'))
    .exec(`
      CREATE TABLE typed (n BIGINT, price DECIMAL(10,2), ratio REAL, flag BOOLEAN, day DATE, at DATETIME, word TEXT, doc JSON, raw BLOB, loose, late);
      INSERT INTO typed
        WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 3000)
        SELECT i * 3074457345618 * (i % 3 - 1), i * 1.01, i / 7.0, i % 2, '2024-02-29', '2024-01-02 03:04:05', 'é 🦆 ' || i, '{"i": ' || i || '}', zeroblob(i % 50), 'x' || i, NULL
        FROM c;
      CREATE TABLE untidy (n BIGINT, price DECIMAL(10,2), ratio REAL, flag BOOLEAN, day DATE, at DATETIME, word TEXT, doc JSON, raw BLOB, loose, late);
      INSERT INTO untidy SELECT * FROM typed;`)
    .close();
  pool = sqlite.open(sqlite.manifest.parseConnection({ file: 'packed.sqlite' }), {
    max: 2,
    min: 0,
    waitMs: 5_000,
    connectTimeoutMs: 10_000,
    recycleMs: 3_600_000,
    allowWrites: false,
  });
});

afterAll(async () => {
  await pool.drain(0);
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

async function leased<T>(work: (lease: Lease) => Promise<T>): Promise<T> {
  const lease = await pool.lease();
  try {
    return await work(lease);
  } finally {
    lease.release();
  }
}

async function open(lease: Lease, text: string, more: Partial<ExecuteOptions> = {}): Promise<TextStream> {
  const stream = await lease.executeText?.({ text }, options({ maxRows: 10_000_000, ...more }));
  if (!stream) throw new Error('no packed text for this statement');
  return stream;
}

interface Packed {
  texts: (string | null)[][];
  /** Rows that came as such, because a value was not what its column's type foresees. */
  asRows: number;
}

async function unpack({ columns, batches }: TextStream): Promise<Packed> {
  const texts: (string | null)[][] = [];
  let asRows = 0;
  for await (const { rowCount, bytes, ends, rows } of batches) {
    if (rows) {
      expect(rows).toHaveLength(rowCount);
      asRows += rowCount;
      texts.push(...rows.map((row) => row.map(textOf)));
      continue;
    }
    expect(ends).toHaveLength(rowCount * columns.length);
    let start = 0;
    let row: (string | null)[] = [];
    for (const end of ends) {
      row.push(end < 0 ? null : Buffer.from(bytes.subarray(start, end)).toString());
      start = end < 0 ? start : end;
      if (row.length === columns.length) {
        texts.push(row);
        row = [];
      }
    }
  }
  return { texts, asRows };
}

function textOf(cell: Cell): string | null {
  if (cell === null || typeof cell === 'string') return cell;
  if (typeof cell !== 'object') return String(cell);
  return !Array.isArray(cell) && typeof cell.exact === 'string' ? cell.exact : JSON.stringify(cell);
}

/** JSON may be spaced as it is stored. */
const unspaced = (rows: (string | null)[][]) => rows.map((row) => row.map((text) => text?.replace(/^\{"i": /, '{"i":') ?? null));

describe('rows as packed text', () => {
  it('hold what rows hold, in 3,000 rows of every type', async () => {
    const text = 'SELECT * FROM typed';
    const { packed, plain } = await leased(async (lease) => ({
      packed: await unpack(await open(lease, text)),
      plain: await collect(lease, text, { maxRows: 10_000 }),
    }));
    expect(packed.asRows).toBe(0);
    expect(unspaced(packed.texts)).toEqual(plain.rows.map((row: Row) => row.map(textOf)));
    expect(packed.texts).toHaveLength(3_000);
  });

  it.each([
    [
      'whole numbers',
      'bigint',
      ['0', '-1', '9007199254740991', '-9007199254740992', '9223372036854775807', '-9223372036854775808'],
    ],
    [
      'doubles',
      'real',
      [
        '0.1',
        '-0.0',
        '0.005',
        '-12.5',
        '1e15',
        '9999999999999.99',
        '123456789012345.67',
        '1e21',
        '5e-324',
        '9e999',
        '-9e999',
        '0.1 + 0.2',
        '1.7976931348623157e308',
        '2.675',
        '-0.07',
      ],
    ],
    ['decimals', 'decimal(30,10)', ['1', '-12.50', '0.000001', '123456789.123', '99999999999999999', '100.0']],
    ['texts', 'text', ["''", "'a,b'", "'=1'", `'${'x'.repeat(100)}'`, `'${'é'.repeat(30)}'`, "'🦆'", "'a' || char(0) || 'b'"]],
    ['times', 'datetime', ["'2024-01-02'", "'2024-01-02 03:04'", "'2024-01-02T03:04:05Z'", "'2024-01-02 03:04:05.123456+02:00'"]],
  ])('write %s as rows do', async (_, declared, literals) => {
    new Database(path.join(folder, 'packed.sqlite'))
      .exec(
        `DROP TABLE IF EXISTS edge; CREATE TABLE edge (v ${declared}); ${literals.map((literal) => `INSERT INTO edge VALUES (${literal});`).join('\n')}`,
      )
      .close();
    await leased(async (lease) => {
      const { texts, asRows } = await unpack(await open(lease, 'SELECT v FROM edge'));
      const { rows } = await collect(lease, 'SELECT v FROM edge');
      expect(texts).toEqual(rows.map((row) => row.map(textOf)));
      expect(texts).toHaveLength(literals.length);
      expect(asRows).toBe(0);
    });
  });

  it.each([
    ['n', "'a, word'"],
    ['n', '1.5'],
    ['price', "'=1+1'"],
    ['price', '1e30'],
    ['ratio', "'much'"],
    ['flag', '2'],
    ['day', `'some "day"'`],
    ['day', "''"],
    ['at', "'=now()'"],
    ['word', "x'00ff'"],
    ['doc', "'no json'"],
    ['doc', `'"a text"'`],
    ['raw', "'words'"],
    ['loose', '7'],
    ['late', '1.5'],
  ])('come as rows where %s holds %s further down, and as packed text again', async (column, literal) => {
    new Database(path.join(folder, 'packed.sqlite')).exec(`UPDATE untidy SET ${column} = ${literal} WHERE rowid = 1500`).close();
    const text = `SELECT ${column} FROM untidy`;
    await leased(async (lease) => {
      const stream = await open(lease, text);
      const { texts, asRows } = await unpack(stream);
      const plain = await collect(lease, text, { maxRows: 10_000 });
      expect(stream.columns).toEqual(plain.columns);
      expect(unspaced(texts)).toEqual(plain.rows.map((row: Row) => row.map(textOf)));
      expect(asRows).toBe(1_000);
    });
    new Database(path.join(folder, 'packed.sqlite')).exec(`UPDATE untidy SET ${column} = NULL WHERE rowid = 1500`).close();
  });
});

const ENDLESS = 'WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c) SELECT i FROM c';

describe('the end of packed text', () => {
  it('is at the caps, where rows end too', async () => {
    await leased(async (lease) => {
      for (const caps of [{ maxRows: 7 }, { maxRows: 2_500 }, { maxBytes: 5_000 }, { maxBytes: 200_000 }]) {
        const stream = await open(lease, 'SELECT * FROM typed', caps);
        const { texts } = await unpack(stream);
        const rows = await collect(lease, 'SELECT * FROM typed', { maxRows: 10_000, ...caps });
        expect(texts).toHaveLength(rows.rows.length);
        expect(stream.outcome()).toEqual(rows.outcome);
        expect(stream.outcome().truncated).not.toBeNull();
      }
    });
  });

  it('leaves the reader usable, read half or not at all', async () => {
    await leased(async (lease) => {
      for await (const { rowCount } of (await open(lease, ENDLESS)).batches) {
        expect(rowCount).toBe(1_000);
        break;
      }
      await open(lease, ENDLESS);
      expect((await collect(lease, 'SELECT 1')).rows).toEqual([['1']]);
      expect((await unpack(await open(lease, 'SELECT 2 WHERE false'))).texts).toEqual([]);
    });
    expect(pool.stats()).toMatchObject({ active: 0, errors: 0 });
  });

  it('is a time-out, a cancellation or an error of the query, in the middle too', async () => {
    const slow = 'WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c) SELECT count(*) FROM c';
    await expectCode(
      leased(async (lease) => unpack(await open(lease, slow, { timeoutMs: 200 }))),
      'query.timeout',
    );
    const controller = new AbortController();
    await expectCode(
      leased(async (lease) => {
        for await (const _ of (await open(lease, ENDLESS, { signal: controller.signal })).batches) controller.abort();
      }),
      'query.cancelled',
    );
    const fails =
      "WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c) SELECT CASE WHEN i < 5000 THEN i ELSE json('{') END FROM c";
    await expectCode(
      leased(async (lease) => unpack(await open(lease, fails))),
      'query.failed',
    );
    await leased(async (lease) => expect((await collect(lease, 'SELECT 1')).rows).toEqual([['1']]));
  });

  it.each(['DELETE FROM typed', 'INSERT INTO typed (n) VALUES (1) RETURNING n', 'PRAGMA query_only = off', 'VACUUM'])(
    'comes before %s does anything',
    async (text) => {
      await expectCode(
        leased((lease) => open(lease, text)),
        'query.refused',
      );
      await leased(async (lease) => {
        expect((await collect(lease, 'SELECT count(*) FROM typed')).rows).toEqual([['3000']]);
        expect(await lease.executeText?.({ text }, options({ write: true }))).toBeNull();
      });
    },
  );
});
