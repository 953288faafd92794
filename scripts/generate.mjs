/** `npm run generate`: the database client from prisma/schema.prisma, and .env.example from the settings table. */
import { ensureClient, ensurePackages } from './prepare.mjs';
import { run } from './processes.mjs';
import { Problem, runMain } from './report.mjs';
import { ROOT } from './services.mjs';

await runMain(async () => {
  await ensurePackages();
  await ensureClient();
  const { code, output } = await run(process.execPath, ['--import', 'tsx', 'scripts/env-example.ts'], { cwd: ROOT });
  if (code !== 0) throw new Problem(`.env.example could not be written: ${output.trim().split('\n')[0]}`);
});
