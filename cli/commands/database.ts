import { withDatabase } from '../../scripts/services.mjs';
import { onBuilderDatabase } from '../installation';
import { note, print } from '../output';

/** Brings the builder database to the newest version; with a name, writes a new migration from the Prisma schema instead. */
export async function migrateCommand(options: { create?: string }): Promise<void> {
  await withDatabase(
    async () => {
      const { closeDb, createMigration, migrate } = await import('../../lib/db');
      try {
        if (options.create === undefined) {
          const { applied } = await migrate();
          for (const name of applied) print(name);
          note(applied.length === 0 ? 'The builder database is up to date.' : `Applied ${applied.length} migrations.`);
          return;
        }
        const folder = await createMigration(options.create);
        if (folder === null) note('Nothing differs from prisma/schema.prisma: no migration was written.');
        else print(`prisma/migrations/${folder}`);
      } finally {
        await closeDb();
      }
    },
    { log: note },
  );
}

/** Puts the sample databases in place; fast when they are there. */
export async function seedCommand(): Promise<void> {
  const { lines, written } = await onBuilderDatabase(async () => {
    const { seedSamples } = await import('../../prisma/seed');
    return seedSamples();
  });
  for (const line of lines) print(line);
  note(written === 0 ? 'The sample databases are in place.' : `Wrote ${written} sample databases.`);
}
