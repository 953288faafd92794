import { QuarryError } from '../../kernel/errors';
import { FORBIDDEN, isSystemCollection } from './operators';

/** Commands that only read, and those by which a cursor is read on and left. */
const READING = new Set([
  'find',
  'aggregate',
  'count',
  'distinct',
  'explain',
  'getMore',
  'killCursors',
  'ping',
  'hello',
  'buildInfo',
  'connectionStatus',
  'listCollections',
  'listIndexes',
]);
const WRITING = new Set(['insert', 'update', 'delete']);

const OTHER_DATABASES = new Set(['$lookup', '$graphLookup', '$unionWith']);

/**
 * The last look at a command before it is sent, whatever the reader of the text thought of it: by the name of the command, and by every
 * key at any depth. It knows nothing of the query language but what must not be in it.
 * @throws QuarryError query.refused
 */
export function assertHarmless(body: Readonly<Record<string, unknown>>, mayWrite: boolean): void {
  const name = Object.keys(body)[0] ?? '';
  if (!READING.has(name) && !(mayWrite && WRITING.has(name))) throw refused(`The command "${name}" is not sent: Quarry reads.`);
  const on = name === 'getMore' ? body.collection : body[name];
  if (typeof on === 'string' && isSystemCollection(on))
    throw refused(`The collection "${on}" is the server's own and is not read.`);
  if (name === 'explain') assertHarmless(body.explain as Record<string, unknown>, false);
  else scan(body);
}

function scan(value: unknown): void {
  if (Array.isArray(value)) {
    for (const item of value) scan(item);
    return;
  }
  if (typeof value !== 'object' || value === null || '_bsontype' in value) return;
  for (const [key, inner] of value instanceof Map ? value : Object.entries(value)) {
    const reason = typeof key === 'string' && Object.hasOwn(FORBIDDEN, key) ? FORBIDDEN[key] : undefined;
    if (reason) throw refused(`${key} is not allowed: ${reason}.`);
    if (OTHER_DATABASES.has(key)) assertOwnDatabase(key, inner);
    scan(inner);
  }
}

function assertOwnDatabase(stage: string, options: unknown): void {
  const named = options instanceof Map ? (options.get('from') ?? options.get('coll')) : options;
  const elsewhere = options instanceof Map && options.has('db');
  if (elsewhere || (named !== undefined && typeof named !== 'string'))
    throw refused(`${stage} names another database. A source reads its own database only.`);
  if (typeof named === 'string' && isSystemCollection(named))
    throw refused(`The collection "${named}" is the server's own and is not read.`);
}

function refused(sentence: string): QuarryError {
  return new QuarryError('query.refused', sentence, { stage: 'execute' });
}
