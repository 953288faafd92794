import type { FileMap, SourceFacts, Violation } from './project';

const ENGINE = /postgres|sqlite|mysql|mariadb|mongo/i;

/**
 * Where engines may be named: their own folders and the registry; the builder database, which is PostgreSQL; definitions of the
 * samples; tests; and the command line's help.
 */
const ENGINE_NAMED = [
  'lib/adapters/',
  'lib/db/',
  // A file of its own is one of the back ends.
  'lib/cache/',
  'lib/sources/samples/',
  'prisma/',
  'prisma.config.ts',
  'cli/',
  'next.config.ts',
  'docs/',
];

/** Names that hold an engine's name but stand for a setting. */
const SETTING_NAMES = new Set(['sqliteRoot', 'SQLITE_ROOT']);

const VERBS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);
const ROUTE_SETTINGS = new Set(['dynamic', 'maxDuration', 'runtime']);
const DOORS = new Set(['route', 'publicRoute']);
/** Routes made in lib/access with publicRoute. */
const DOORS_MADE_ELSEWHERE = new Set(['authRoute']);

const VAGUE = new Set(['utils', 'helpers', 'services', 'common', 'util', 'helper', 'misc', 'shared']);

/** process.env, engines' names, doors on routes and pages, names of folders. */
export function checkSources(sources: SourceFacts[], files: FileMap): Violation[] {
  return [
    ...sources.flatMap((source) => [
      ...checkEnvironment(source),
      ...checkEngineNames(source),
      ...checkRoute(source),
      ...checkPage(source),
    ]),
    ...checkFolders(files),
  ];
}

/** The one reader, and the file in which Next replaces `process.env.NEXT_RUNTIME` while it builds. */
const ENVIRONMENT_HOMES = new Set(['lib/kernel/env.ts', 'instrumentation.ts']);

function checkEnvironment({ file, readsProcessEnv, isTest }: SourceFacts): Violation[] {
  if (!readsProcessEnv || isTest || ENVIRONMENT_HOMES.has(file)) return [];
  return [{ rule: 'process.env', file, message: 'read settings through lib/kernel/settings (or readEnv in lib/kernel/env)' }];
}

function checkEngineNames({ file, isTest, strings, identifiers }: SourceFacts): Violation[] {
  if (isTest || ENGINE_NAMED.some((prefix) => file.startsWith(prefix)) || file === 'lib/kernel/settings.ts') return [];
  const named = [
    ...[...strings].filter((text) => /^[\w.:/-]*$/.test(text) && !text.includes('/') && ENGINE.test(text)),
    ...[...identifiers].filter((name) => ENGINE.test(name)),
  ].filter((name) => !SETTING_NAMES.has(name));
  return named.map((name) => ({
    rule: 'engine name',
    file,
    message: `"${name}" names an engine; ask its manifest, capabilities or dialect`,
  }));
}

function checkRoute({ file, imports, exports }: SourceFacts): Violation[] {
  if (!/^app\/(?:.*\/)?route\.tsx?$/.test(file)) return [];
  const fromAccess = new Set(imports.filter((one) => one.target === 'lib/access').flatMap((one) => one.names));
  const found: Violation[] = [];
  for (const [name, maker] of exports) {
    if (ROUTE_SETTINGS.has(name)) continue;
    const opened = maker !== null && DOORS.has(maker) && fromAccess.has(maker);
    const made = [...DOORS_MADE_ELSEWHERE].some((one) => maker === null && fromAccess.has(one));
    if (!VERBS.has(name))
      found.push({ rule: 'door', file, message: `${name} is not a method; a route file exports methods only` });
    else if (!opened && !made)
      found.push({ rule: 'door', file, message: `${name} must be made by route() or publicRoute() of lib/access` });
  }
  return found;
}

function checkPage({ file, imports, calls }: SourceFacts): Violation[] {
  if (!/^app\/\[org\]\/(?:.*\/)?page\.tsx$/.test(file)) return [];
  const imported = imports.some((one) => one.target === 'lib/access' && one.names.includes('page'));
  if (imported && calls.has('page')) return [];
  return [{ rule: 'door', file, message: 'a page of the workspace calls page() of lib/access with its permission' }];
}

function checkFolders(files: FileMap): Violation[] {
  const found = new Map<string, Violation>();
  for (const file of files.keys()) {
    const parts = file.split('/');
    const at = parts.slice(0, -1).findIndex((part) => VAGUE.has(part));
    if (at < 0 || !['lib', 'app', 'workers', 'cli'].includes(parts[0] ?? '')) continue;
    const folder = parts.slice(0, at + 1).join('/');
    found.set(folder, { rule: 'folder name', file: folder, message: 'name the folder after what it owns' });
  }
  return [...found.values()];
}
