import { environmentExample } from '../environment-example';
import type { FileMap, SourceFacts, Violation } from './project';

/** The last two say that the engine passes the contract suite. */
const ADAPTER_FILES = ['manifest.ts', 'driver.ts', 'dialect.ts', 'index.ts', 'contract-fixture.ts', 'contract.int.test.ts'];

/** Models that stand above organisations. */
const SYSTEM_MODELS = new Set(['User', 'Organization', 'Session', 'Worker']);

/** Adapter folders, jobs, tenant models and .env.example. */
export function checkCompleteness(sources: SourceFacts[], files: FileMap): Violation[] {
  return [
    ...checkAdapters(sources, files),
    ...checkJobs(sources),
    ...checkModels(files.get('prisma/schema.prisma') ?? ''),
    ...checkEnvironmentExample(files),
  ];
}

function checkAdapters(sources: SourceFacts[], files: FileMap): Violation[] {
  const engines = new Set(
    [...files.keys()].flatMap((file) => /^lib\/adapters\/(?!contract-suite\/)([^/]+)\//.exec(file)?.[1] ?? []),
  );
  const registered = sources.find(({ file }) => file === 'lib/adapters/registry.ts')?.imports.map(({ target }) => target) ?? [];
  const found: Violation[] = [];
  for (const engine of engines) {
    const folder = `lib/adapters/${engine}`;
    for (const name of ADAPTER_FILES) {
      if (!files.has(`${folder}/${name}`)) found.push({ rule: 'adapter', file: folder, message: `${name} is missing` });
    }
    if (!registered.includes(folder)) found.push({ rule: 'adapter', file: folder, message: 'not in lib/adapters/registry.ts' });
  }
  return found;
}

function checkJobs(sources: SourceFacts[]): Violation[] {
  const registered =
    sources.find(({ file }) => file === 'workers/registry.ts')?.imports.map(({ target }) => `${target}.ts`) ?? [];
  return sources
    .filter(({ file, isTest }) => file.startsWith('workers/jobs/') && !isTest && !registered.includes(file))
    .map(({ file }) => ({ rule: 'job', file, message: 'not in workers/registry.ts' }));
}

interface Model {
  name: string;
  lines: string[];
  tenant: boolean;
}

function readModels(schema: string): Map<string, Model> {
  const models = new Map<string, Model>();
  for (const [, name = '', body = ''] of schema.matchAll(/^model (\w+) \{\n([\s\S]*?)^\}/gm)) {
    const lines = body.split('\n').map((line) => line.replace(/\/\/.*$/, '').trim());
    models.set(name, { name, lines, tenant: lines.some((line) => /^organizationId\s/.test(line)) });
  }
  return models;
}

function checkModels(schema: string): Violation[] {
  const models = readModels(schema);
  const found: Violation[] = [];
  const report = (message: string) => found.push({ rule: 'tenant model', file: 'prisma/schema.prisma', message });
  for (const model of models.values()) {
    if (!model.tenant) {
      if (!SYSTEM_MODELS.has(model.name)) report(`${model.name} has no organizationId`);
      continue;
    }
    // A row without an organisation must say that it is the installation's (and the migration's CHECK holds it to that).
    const optional = model.lines.some((line) => /^installation\s+Boolean\s/.test(line)) ? '\\??' : '';
    if (!model.lines.some((line) => new RegExp(`^organizationId\\s+String${optional}\\s`).test(line)))
      report(`${model.name}.organizationId may not be optional`);
    if (!model.lines.some((line) => /^@@(?:unique|id)\(\[organizationId, id\]/.test(line)))
      report(`${model.name} lacks @@unique([organizationId, id])`);
    for (const line of model.lines) checkRelation(model, line, models, report);
  }
  return found;
}

/** A row may refer only to rows of its own organisation: the key holds the organisation on both sides. */
function checkRelation(model: Model, line: string, models: Map<string, Model>, report: (message: string) => void): void {
  const [, field, type = ''] = /^(\w+)\s+(\w+)\??\s/.exec(line) ?? [];
  const relation = /@relation\(.*fields: \[([^\]]+)\], references: \[([^\]]+)\]/.exec(line);
  if (!relation || !models.get(type)?.tenant) return;
  const [, fields = '', references = ''] = relation;
  if (fields.startsWith('organizationId, ') && references === 'organizationId, id') return;
  report(`${model.name}.${field} must refer to ${type} by (organizationId, id)`);
}

function checkEnvironmentExample(files: FileMap): Violation[] {
  if (files.get('.env.example') === environmentExample()) return [];
  return [{ rule: '.env.example', file: '.env.example', message: 'differs from lib/kernel/settings.ts; run "npm run generate"' }];
}
