/** What `npm start` does to the builder database before it serves: checks the settings, migrates, seeds. One process, so that a second start is fast. */
import { toQuarryError } from '../lib/kernel/errors';
import { readSettings } from '../lib/kernel/settings';

async function main(): Promise<void> {
  readSettings();
  if (process.argv.includes('--settings-only')) return;
  const { closeDb, migrate } = await import('../lib/db');
  const { applied } = await migrate();
  if (applied.length > 0) console.log(`builder database migrated (${applied.join(', ')})`);
  if (!process.argv.includes('--no-samples')) await seed();
  await closeDb();
}

/** Quarry works without its samples: what keeps them away is said, and no reason not to start. */
async function seed(): Promise<void> {
  const { seedSamples } = await import('../prisma/seed');
  try {
    const { lines, written } = await seedSamples();
    if (written > 0) for (const line of lines) console.log(line);
  } catch (error) {
    console.log(`no sample databases: ${toQuarryError(error).message}`);
  }
}

main().catch((error: unknown) => {
  console.error(`problem: ${toQuarryError(error).message}`);
  process.exitCode = 1;
});
