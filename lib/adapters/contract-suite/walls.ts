import { describe, expect, it } from 'vitest';
import { QuarryError } from '../../kernel/errors';
import { expectCode, read } from './probes';
import type { Suite } from './suite';

/** What the database and the driver refuse when our parser is switched off. */
export function walls(suite: Suite): void {
  const { fixture, queries } = suite;

  describe('walls, with the parser bypassed', () => {
    it('refuses a second statement', async () => {
      await expectCode(read(suite.pool, queries.twoStatements), 'query.invalid', 'query.refused');
      expect(await suite.database.count('ledger')).toBe(2);
    });

    describe('an attack changes nothing', () => {
      it.each(fixture.attacks)('%s', async (attack) => {
        const { database, pool } = suite;
        const before = await database.snapshot();
        const failure = await read(pool, attack).then(
          () => null,
          (error: unknown) => error,
        );
        if (failure !== null) expect(failure).toBeInstanceOf(QuarryError);
        // The next user of the same connection is behind the same walls.
        await expectCode(read(pool, queries.insertThree), 'query.refused', 'query.invalid');
        expect(await database.snapshot()).toEqual(before);
      });
    });

    it('has no write without permission, even when asked for one', async () => {
      await expectCode(read(suite.pool, queries.insertThree, { write: true }), 'query.refused');
    });

    it('writes and counts where the source allows it', async () => {
      await suite.withDatabase(async (database) => {
        await database.exec(queries.writes.make);
        const writable = suite.open({ allowWrites: true }, database.config);
        const result = await read(writable, queries.writes.insertTwo, { write: true });
        expect(result.outcome.affectedRows).toBe(2);
        expect(await database.count('written')).toBe(2);
        await expectCode(read(writable, queries.writes.deleteAll), 'query.refused', 'query.invalid');
        await expectCode(read(writable, queries.writes.clash, { write: true }), 'query.failed');
        expect(await database.count('written')).toBeLessThanOrEqual(3);
        await writable.drain(0);
      });
    });

    suite.offered('transactions', 'leaves nothing of a write that fails halfway', async () => {
      await suite.withDatabase(async (database) => {
        await database.exec(queries.writes.make);
        const writable = suite.open({ allowWrites: true }, database.config);
        await read(writable, queries.writes.insertTwo, { write: true });
        await expectCode(read(writable, queries.writes.clash, { write: true }), 'query.failed');
        expect(await database.count('written')).toBe(2);
        await writable.drain(0);
      });
    });
  });
}
