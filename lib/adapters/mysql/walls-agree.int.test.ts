import { afterAll, beforeAll, expect, it } from 'vitest';
import type { QuarryError } from '../../kernel/errors';
import type { Pool } from '../contract';
import { read } from '../contract-suite';
import { fixture } from './contract-fixture';
import { CORPUS_TABLES, MYSQL_ONLY_READS, READS } from './corpus.fixture';
import { mysql } from './index';
import { tokenise } from './lexer';
import { createMysqlDatabase, type MysqlTestDatabase } from './test-database';

/** Two walls that know nothing of each other: what our grammar calls reading, the server must never take for anything else. */

const MUTANTS = 6_000;
const PIECES =
  "( ) , . ; INTO OUTFILE '/tmp/x' @a FOR UPDATE FROM mysql.user LOAD_FILE { } := AS LIMIT UNION TABLE VALUES SET DELETE 1. 1e0 /*!50000 /*M! */ -- # WITH FIRST LAST OVER USING";

let database: MysqlTestDatabase;
let pool: Pool;

beforeAll(async () => {
  database = await createMysqlDatabase();
  await database.exec(CORPUS_TABLES);
  pool = mysql.open(database.config, {
    max: 2,
    min: 0,
    waitMs: 5_000,
    connectTimeoutMs: 5_000,
    recycleMs: 1e9,
    allowWrites: false,
  });
});

afterAll(async () => {
  await pool?.drain(0);
  await database?.drop();
});

it(`${MUTANTS} mixtures of reads and attacks`, async () => {
  let state = 20_261_121;
  const random = (below: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  const seeds = [...READS, ...MYSQL_ONLY_READS, ...fixture.attacks, ...fixture.sneaky]
    .map((text) => piecesOf(text))
    .filter((pieces) => pieces.length > 0 && !/sleep|benchmark/i.test(pieces.join()));
  const pieces = PIECES.split(' ');
  const pick = <T>(list: readonly T[]): T => list[random(list.length)] as T;
  const disagreements: string[] = [];
  let ran = 0;
  for (let i = 0; i < MUTANTS; i += 1) {
    const mixed = [...pick(seeds)];
    const other = pick(seeds);
    const from = random(other.length);
    if (i % 3 === 0) mixed.splice(random(mixed.length), 1 + random(3), ...other.slice(from, from + 1 + random(5)));
    else if (i % 3 === 1) mixed.splice(random(mixed.length + 1), random(2), pick(pieces));
    else mixed.splice(random(mixed.length), mixed.length, ...other.slice(from));
    const text = mixed.join(random(6) === 0 ? '' : ' ');
    const facts = await mysql.dialect.parse(text).catch((error: QuarryError) => error);
    if (facts instanceof Error) expect(facts.code, text).toBe('query.invalid');
    else if (facts.effect === 'read') {
      const params = Array.from({ length: facts.parameterCount }, () => 1);
      const code = await read(pool, text, { params, maxRows: 5, timeoutMs: 5_000 }).then(
        () => 'ran',
        (error: QuarryError) => error.code,
      );
      if (code === 'ran') ran += 1;
      else if (code !== 'query.failed' && code !== 'query.invalid' && code !== 'query.timeout')
        disagreements.push(`${code}: ${text}`);
    }
  }
  expect(disagreements).toEqual([]);
  expect(ran).toBeGreaterThan(100);
}, 120_000);

function piecesOf(text: string): string[] {
  try {
    return tokenise(text).map((token) => token.text);
  } catch {
    return [];
  }
}
