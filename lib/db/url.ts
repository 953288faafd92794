import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { QuarryError } from '../kernel/errors';
import { quarryHome } from '../kernel/paths';
import { settings } from '../kernel/settings';

const EmbeddedDatabase = z.object({ url: z.string().min(1) });

/**
 * Where the builder database is: DATABASE_URL, else the embedded one as scripts/services.mjs wrote it to
 * $QUARRY_HOME/database.json.
 * @throws QuarryError database.unavailable when neither is there
 */
export function databaseUrl(): string {
  const configured = settings().databaseUrl;
  if (configured) return configured;
  const file = path.join(quarryHome(), 'database.json');
  if (existsSync(file)) {
    const parsed = EmbeddedDatabase.safeParse(JSON.parse(readFileSync(file, 'utf8')));
    if (parsed.success) return parsed.data.url;
  }
  throw new QuarryError(
    'database.unavailable',
    'There is no builder database: the embedded one is not running and DATABASE_URL is not set. Run `npm start`, or set DATABASE_URL.',
  );
}
