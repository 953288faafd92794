import type { ImportFact, SourceFacts, Violation } from './project';
import { unitOf } from './project';

/** What other parts may import of a lib folder, beside its index and schema; the samples' definitions are what prisma/seed writes. */
const OPEN_FILES = new Set([
  'lib/access/permissions',
  'lib/access/context',
  'lib/adapters/contract',
  'lib/adapters/pool-timeout',
  'lib/adapters/registry',
  'lib/sources/samples',
]);
const SHARED = ['lib/kernel'];

/** Who may import which other parts of lib. Features may use all other features, access, adapters, cache, queue and db. */
const ALLOWED: Record<string, (unit: string) => boolean> = {
  app: (unit) =>
    !['lib/db', 'lib/adapters', 'lib/cache', 'lib/redis', 'lib/queue', 'lib/testing'].includes(unit) && !isEngine(unit),
  workers: (unit) => !['lib/db', 'lib/adapters', 'lib/cache', 'lib/testing'].includes(unit) && !isEngine(unit),
  'lib/kernel': () => false,
  'lib/adapters': (unit) => isEngine(unit),
  'lib/db': () => false,
  'lib/redis': () => false,
  'lib/cache': (unit) => unit === 'lib/redis',
};

/** Packages with one home (path prefixes), tests included. */
const HOMES: Record<string, string[]> = {
  pg: ['lib/adapters/postgres/', 'lib/db/', 'prisma/seed/'],
  'pg-cursor': ['lib/adapters/postgres/'],
  'pg-copy-streams': ['lib/adapters/postgres/', 'prisma/seed/'],
  'libpg-query': ['lib/adapters/postgres/'],
  mysql2: ['lib/adapters/mysql/'],
  mongodb: ['lib/adapters/mongodb/'],
  'better-sqlite3': ['lib/adapters/sqlite/', 'lib/cache/', 'prisma/seed/'],
  'sql-parser-cst': ['lib/adapters/sqlite/'],
  'next-auth': ['lib/access/', 'app/api/auth/'],
  '@node-rs/argon2': ['lib/access/'],
  '@prisma/client': ['lib/db/'],
  '@prisma/adapter-pg': ['lib/db/'],
  '@prisma/driver-adapter-utils': ['lib/db/'],
  '@prisma/schema-engine-wasm': ['lib/db/'],
  prisma: ['prisma.config.ts'],
  pino: ['lib/kernel/log.ts'],
  ioredis: ['lib/redis/', 'lib/queue/'],
  ssh2: ['lib/sources/'],
  bullmq: ['lib/queue/'],
  'oxc-parser': ['lib/testing/architecture/'],
  bson: ['lib/testing/mongodb-server/'],
  mingo: ['lib/testing/mongodb-server/'],
};

/** Tests talk to real servers directly, to see what the product left there. */
const FREE_IN_TESTS = new Set(['pg', 'mysql2', 'better-sqlite3', 'next-auth', 'mongodb']);

/** Who may use the client that sees every organisation. */
const SYSTEM_DB_USERS = [
  'lib/access/',
  'lib/tenancy/',
  'lib/db/',
  'lib/monitoring/',
  'lib/conversations/',
  'lib/schema/warm-schemas.ts',
  'lib/queue/',
  'lib/query/clean-history.ts',
  'cli/',
  'prisma/seed/',
];

function isEngine(unit: string): boolean {
  return unit.split('/').length === 3;
}

/** What of lib/db isn't bound to one organisation. */
const SYSTEM_DB_NAMES = new Set(['systemDb', 'readSessionHolder', 'readTokenHolder']);

/** Test support that belongs to its folder. */
const FOR_TESTS = new Set(['lib/db/scratch']);

/** Layers, public entries, drivers' homes, the system client, cycles. */
export function checkImports(sources: SourceFacts[]): Violation[] {
  const unitAt = unitResolver(sources);
  const single = sources.flatMap((source) => source.imports.flatMap((one) => checkImport(source, one, unitAt)));
  return [...single, ...findCycles(sources, unitAt)];
}

function checkImport(source: SourceFacts, one: ImportFact, unitAt: UnitResolver): Violation[] {
  const found: Violation[] = [];
  const report = (rule: string, message: string) => found.push({ rule, file: source.file, message });
  if (one.packageName) {
    const homes = HOMES[one.packageName];
    const home =
      !homes || homes.some((prefix) => source.file.startsWith(prefix)) || (source.isTest && FREE_IN_TESTS.has(one.packageName));
    if (!home) report('driver home', `${one.packageName} may be imported in ${homes?.join(', ')} only`);
    return found;
  }
  if (!one.target) return found;
  if (
    one.names.some((name) => SYSTEM_DB_NAMES.has(name)) &&
    !source.isTest &&
    !SYSTEM_DB_USERS.some((prefix) => source.file.startsWith(prefix))
  ) {
    report(
      'system client',
      `${one.names.filter((name) => SYSTEM_DB_NAMES.has(name)).join(', ')} sees every organisation; use ctx.db`,
    );
  }
  const from = unitOf(source.file);
  const target = unitAt(one.target);
  if (target === from) return found;
  if (!source.isTest) checkLayer(from, target, one, report);
  if (target.startsWith('lib/')) checkEntry(source, target, one, report);
  return found;
}

type UnitResolver = (target: string) => string;

/** `../query` may be a file or a folder: which of the two, the project's files tell. */
function unitResolver(sources: SourceFacts[]): UnitResolver {
  const files = new Set(sources.map(({ file }) => file));
  const isFile = (target: string) => ['.ts', '.tsx', '.mts'].some((extension) => files.has(target + extension));
  return (target) => unitOf(isFile(target) ? `${target}.ts` : `${target}/index.ts`);
}

function checkLayer(from: string, target: string, one: ImportFact, report: (rule: string, message: string) => void): void {
  if (!target.startsWith('lib/')) {
    if (from.startsWith('lib/') || (from === 'workers' && target === 'app'))
      report('layer', `${from} may not import ${one.specifier}`);
    return;
  }
  if (SHARED.includes(target)) return;
  if (target === 'lib/testing') {
    report('layer', 'only tests may import lib/testing');
  } else if (isEngine(from)) {
    if (target !== 'lib/adapters' || one.target === 'lib/adapters/registry')
      report('layer', `an adapter imports the contract, the kernel and its driver; not ${one.specifier}`);
  } else if (isEngine(target) && from !== 'lib/adapters') {
    report('layer', `engines are reached through lib/adapters/registry; not ${one.specifier}`);
  } else {
    const allowed = ALLOWED[from]?.(target) ?? true;
    if (!allowed && !(one.typeOnly && from !== 'lib/kernel')) report('layer', `${from} may not import ${one.specifier}`);
  }
}

function checkEntry(source: SourceFacts, target: string, one: ImportFact, report: (rule: string, message: string) => void): void {
  const path = one.target ?? '';
  const fixture = source.isTest && (path.endsWith('.fixture') || FOR_TESTS.has(path));
  const open = SHARED.includes(target) || target === 'lib/testing' || OPEN_FILES.has(path) || fixture;
  // Engines share the code that stands beside the contract, such as the pool; the contract suite is for tests.
  const besideContract = target === 'lib/adapters' && (isEngine(unitOf(source.file)) || source.isTest);
  const contractTest = source.isTest && isEngine(target) && unitOf(source.file) === 'lib/adapters';
  if (open || besideContract || contractTest || path === target || path === `${target}/index` || path === `${target}/schema`)
    return;
  report('entry', `import ${target} through its index or schema, not ${one.specifier}`);
}

/** No feature may need itself through others; imports of types alone vanish at run time. */
function findCycles(sources: SourceFacts[], unitAt: UnitResolver): Violation[] {
  const edges = new Map<string, Map<string, string>>();
  for (const { file, isTest, imports } of sources) {
    const from = unitOf(file);
    if (isTest || !from.startsWith('lib/')) continue;
    for (const one of imports) {
      if (!one.target?.startsWith('lib/') || one.typeOnly || /\/schema$/.test(one.target)) continue;
      const target = unitAt(one.target);
      if (target === from || SHARED.includes(target) || (isEngine(from) && target === 'lib/adapters')) continue;
      const out = edges.get(from) ?? new Map<string, string>();
      edges.set(from, out.set(target, file));
    }
  }
  const found: Violation[] = [];
  const done = new Set<string>();
  const walk = (unit: string, trail: string[]): void => {
    const at = trail.indexOf(unit);
    if (at >= 0) {
      const cycle = [...trail.slice(at), unit];
      found.push({ rule: 'cycle', file: edges.get(trail.at(-1) ?? '')?.get(unit) ?? unit, message: cycle.join(' → ') });
      return;
    }
    if (done.has(unit)) return;
    for (const next of edges.get(unit)?.keys() ?? []) walk(next, [...trail, unit]);
    done.add(unit);
  };
  for (const unit of edges.keys()) walk(unit, []);
  return found;
}
