import { defineConfig } from 'prisma/config';

/** `prisma generate` needs only the schema; migrations run through scripts of our own (lib/db/migrate.ts), see docs/adr. */
export default defineConfig({ schema: 'prisma/schema.prisma', migrations: { path: 'prisma/migrations' } });
