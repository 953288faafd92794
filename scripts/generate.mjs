/** `npm run generate`: the database client from prisma/schema.prisma. */
import { ensureClient, ensurePackages } from './prepare.mjs';
import { runMain } from './report.mjs';

await runMain(async () => {
  await ensurePackages();
  await ensureClient();
});
