import { beforeAll, describe, expect, it } from 'vitest';
import { projectRoot } from '../kernel/paths';
import { checkArchitecture, readProject } from './architecture';

let project: Map<string, string>;
let before: Set<string>;
const describeOne = ({ rule, file, message }: { rule: string; file: string; message: string }) =>
  `${rule} | ${file} | ${message}`;

beforeAll(() => {
  project = readProject(projectRoot());
  before = new Set(checkArchitecture(project).map(describeOne));
});

/** Rules that newly break, and where, when these files are added (or, with null, removed). */
function plant(changes: Record<string, string | null>): string[] {
  const files = new Map(project);
  for (const [file, text] of Object.entries(changes)) {
    if (text === null) files.delete(file);
    else files.set(file, text);
  }
  return checkArchitecture(files)
    .filter((violation) => !before.has(describeOne(violation)))
    .map(({ rule, file }) => `${rule}: ${file}`);
}

const schemaWith = (model: string) => ({ 'prisma/schema.prisma': `${project.get('prisma/schema.prisma')}\n${model}\n` });

describe('the project', () => {
  it('keeps the rules of the layout', () => {
    expect([...before]).toEqual([]);
  });

  it('is really looked at', () => {
    expect(project.size).toBeGreaterThan(100);
    expect(plant({ 'lib/query/harmless.ts': "import { runQuery } from '.';\nexport const x = runQuery;\n" })).toEqual([]);
  });
});

describe('a planted violation fails:', () => {
  const cases: [name: string, changes: Record<string, string | null>, expected: string][] = [
    [
      'kernel importing a feature',
      { 'lib/kernel/x.ts': "import { runQuery } from '../query';\nrunQuery;" },
      'layer: lib/kernel/x.ts',
    ],
    [
      'kernel importing even a type',
      { 'lib/kernel/x.ts': "import type { Ctx } from '../access';\nexport type X = Ctx;" },
      'layer: lib/kernel/x.ts',
    ],
    ['a feature importing the pages', { 'lib/query/x.ts': "import x from '../../app/page';\nx;" }, 'layer: lib/query/x.ts'],
    ['a page importing the database', { 'app/x.ts': "import { tenantDb } from '@/lib/db';\ntenantDb;" }, 'layer: app/x.ts'],
    ['a page importing an engine', { 'app/x.ts': "import { x } from '@/lib/adapters/sqlite';\nx;" }, 'layer: app/x.ts'],
    [
      'a feature importing an engine',
      { 'lib/query/x.ts': "import { x } from '../adapters/sqlite';\nx;" },
      'layer: lib/query/x.ts',
    ],
    [
      'an engine importing another',
      { 'lib/adapters/sqlite/x.ts': "import { x } from '../postgres';\nx;" },
      'layer: lib/adapters/sqlite/x.ts',
    ],
    [
      'an engine importing a feature',
      { 'lib/adapters/sqlite/x.ts': "import { x } from '../../query';\nx;" },
      'layer: lib/adapters/sqlite/x.ts',
    ],
    [
      'an engine asking the registry',
      { 'lib/adapters/sqlite/x.ts': "import { x } from '../registry';\nx;" },
      'layer: lib/adapters/sqlite/x.ts',
    ],
    [
      'the product importing test code',
      { 'lib/query/x.ts': "import { x } from '../testing/database';\nx;" },
      'layer: lib/query/x.ts',
    ],
    [
      'a private file of another folder',
      { 'lib/query/x.ts': "import { x } from '../sources/pools';\nx;" },
      'entry: lib/query/x.ts',
    ],
    [
      'the same by dynamic import',
      { 'lib/query/x.ts': "export const x = () => import('../sources/pools');" },
      'entry: lib/query/x.ts',
    ],
    ['the same by re-export', { 'lib/query/x.ts': "export { x } from '../sources/pools';" }, 'entry: lib/query/x.ts'],
    ['a driver away from home', { 'lib/query/x.ts': "import pg from 'pg';\npg;" }, 'driver home: lib/query/x.ts'],
    [
      'a driver in the wrong engine',
      { 'lib/adapters/sqlite/x.ts': "import pg from 'pg';\npg;" },
      'driver home: lib/adapters/sqlite/x.ts',
    ],
    [
      'next-auth in a page',
      { 'app/x.ts': "import { getServerSession } from 'next-auth';\ngetServerSession;" },
      'driver home: app/x.ts',
    ],
    [
      'Prisma in a feature',
      { 'lib/query/x.ts': "import { PrismaClient } from '@prisma/client';\nPrismaClient;" },
      'driver home: lib/query/x.ts',
    ],
    ['a queue before its time', { 'lib/query/x.ts': "import { Queue } from 'bullmq';\nQueue;" }, 'driver home: lib/query/x.ts'],
    [
      'the system client in a feature',
      { 'lib/query/x.ts': "import { systemDb } from '../db';\nsystemDb;" },
      'system client: lib/query/x.ts',
    ],
    [
      'a read across organisations in a feature',
      { 'lib/query/x.ts': "import { readTokenHolder } from '../db';\nreadTokenHolder;" },
      'system client: lib/query/x.ts',
    ],
    ['process.env in a feature', { 'lib/query/x.ts': 'export const x = process.env.HOME;' }, 'process.env: lib/query/x.ts'],
    [
      'process.env by another name',
      { 'lib/query/x.ts': "import { env } from 'node:process';\nexport const x = env.HOME;" },
      'process.env: lib/query/x.ts',
    ],
    [
      'an engine compared by name',
      { 'lib/query/x.ts': "export const x = (type: string) => type === 'postgres';" },
      'engine name: lib/query/x.ts',
    ],
    ['an engine in an identifier', { 'app/x.ts': 'export const isMysqlSource = true;' }, 'engine name: app/x.ts'],
    [
      'a route without the door',
      { 'app/api/x/route.ts': 'export async function GET() { return new Response(); }' },
      'door: app/api/x/route.ts',
    ],
    [
      'a route with a door of its own',
      { 'app/api/x/route.ts': 'const route = (x: unknown) => x;\nexport const GET = route({});' },
      'door: app/api/x/route.ts',
    ],
    [
      'one open method beside a guarded one',
      {
        'app/api/x/route.ts':
          "import { route } from '@/lib/access';\nexport const GET = route({ permission: 'query.run' }, async () => 1);\nexport const POST = async () => new Response();",
      },
      'door: app/api/x/route.ts',
    ],
    [
      'a page without its permission',
      { 'app/[org]/x/page.tsx': 'export default function Page() { return null; }' },
      'door: app/[org]/x/page.tsx',
    ],
    ['a vague folder', { 'lib/utils/x.ts': 'export const x = 1;' }, 'folder name: lib/utils'],
    ['an adapter without a dialect', { 'lib/adapters/sqlite/dialect.ts': null }, 'adapter: lib/adapters/sqlite'],
    [
      'an adapter that is not held to the contract',
      { 'lib/adapters/sqlite/contract.int.test.ts': null },
      'adapter: lib/adapters/sqlite',
    ],
    ['an adapter that is not registered', { 'lib/adapters/x/index.ts': 'export const x = 1;' }, 'adapter: lib/adapters/x'],
    ['a job that is not registered', { 'workers/jobs/x.ts': 'export const x = 1;' }, 'job: workers/jobs/x.ts'],
    ['an outdated .env.example', { '.env.example': 'PORT=1\n' }, '.env.example: .env.example'],
  ];
  it.each(cases)('%s', (_name, changes, expected) => {
    expect(plant(changes)).toContain(expected);
  });

  it('two features that need each other', () => {
    const changes = {
      'lib/one/index.ts': "import { two } from '../two';\nexport const one = two;",
      'lib/two/index.ts': "import { one } from '../one';\nexport const two = one;",
    };
    expect(plant(changes).some((text) => text.startsWith('cycle: lib/'))).toBe(true);
    const typesOnly = { ...changes, 'lib/two/index.ts': "import type { one } from '../one';\nexport const two: typeof one = 1;" };
    expect(plant(typesOnly)).toEqual([]);
  });

  it('tenant models that are not keyed by organisation', () => {
    expect(plant(schemaWith('model Plant {\n  id String @id\n}'))).toEqual(['tenant model: prisma/schema.prisma']);
    expect(plant(schemaWith('model Plant {\n  id String @id\n  organizationId String @db.Uuid\n}'))).toHaveLength(1);
    const keyed = 'model Plant {\n  id String @id\n  organizationId String @db.Uuid\n  @@unique([organizationId, id])\n';
    expect(plant(schemaWith(`${keyed}}`))).toEqual([]);
    const optional = keyed.replace('String @db', 'String? @db');
    expect(plant(schemaWith(`${optional}}`))).toHaveLength(1);
    expect(plant(schemaWith(`${optional}  installation Boolean @default(false)\n}`))).toEqual([]);
    expect(plant(schemaWith(`${keyed}  policy Policy @relation(fields: [policyId], references: [id])\n}`))).toHaveLength(1);
  });
});
