import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parseSync } from 'oxc-parser';

/** Paths relative to the installation, with their text: what the rules look at. Tests plant violations by adding to it. */
export type FileMap = ReadonlyMap<string, string>;

export interface Violation {
  rule: string;
  file: string;
  message: string;
}

export interface ImportFact {
  /** As written. */
  specifier: string;
  /** Path inside the project without extension ("lib/query/index" stays "lib/query/index"), or null for a package. */
  target: string | null;
  /** Name of the package for a package ("@prisma/client"), else null. */
  packageName: string | null;
  names: string[];
  typeOnly: boolean;
}

export interface SourceFacts {
  file: string;
  isTest: boolean;
  imports: ImportFact[];
  /** Exported name → the name of the function whose call made it, or null. */
  exports: Map<string, string | null>;
  calls: Set<string>;
  identifiers: Set<string>;
  strings: Set<string>;
  readsProcessEnv: boolean;
}

const FOLDERS = ['app', 'lib', 'workers', 'cli', 'prisma', 'e2e', 'docs'];
const ROOT_FILE = /^(?:[\w.-]+\.(?:ts|mts|json)|\.env\.example)$/;
const SKIPPED = /(?:^|\/)(?:node_modules|generated|\.next)(?:\/|$)/;

/** Every file of the project that a rule may look at. */
export function readProject(root: string): Map<string, string> {
  const files = new Map<string, string>();
  const add = (file: string) => {
    if (!SKIPPED.test(file) && /\.(?:tsx?|mts|prisma|json|md)$|\.env\.example$/.test(file)) {
      files.set(file, readFileSync(path.join(root, file), 'utf8'));
    }
  };
  for (const entry of readdirSync(root, { withFileTypes: true })) {
    if (entry.isFile() && ROOT_FILE.test(entry.name) && entry.name !== 'package-lock.json') add(entry.name);
  }
  for (const folder of FOLDERS) {
    for (const entry of readdirSync(path.join(root, folder), { withFileTypes: true, recursive: true })) {
      if (entry.isFile()) add(path.relative(root, path.join(entry.parentPath, entry.name)).replaceAll(path.sep, '/'));
    }
  }
  return files;
}

const parsed = new Map<string, { text: string; facts: SourceFacts }>();

/** Facts of every TypeScript file. A file that was parsed before with the same text isn't parsed again. */
export function parseProject(files: FileMap): SourceFacts[] {
  return [...files].filter(([file]) => /\.(?:tsx?|mts)$/.test(file)).map(([file, text]) => parseOnce(file, text));
}

function parseOnce(file: string, text: string): SourceFacts {
  const known = parsed.get(file);
  if (known?.text === text) return known.facts;
  const facts = parseSource(file, text);
  parsed.set(file, { text, facts });
  return facts;
}

function parseSource(file: string, text: string): SourceFacts {
  const { program, module, errors } = parseSync(file, text);
  if (errors.length > 0) throw new Error(`${file} can't be parsed: ${errors[0]?.message}`);
  const isTest =
    /\.test\.tsx?$|[.-]fixture\.tsx?$|-suite(?:\.tsx?$|\/)|\/test-(?:server|database)\.ts$/.test(file) ||
    file.startsWith('lib/testing/') ||
    file.startsWith('e2e/');
  const facts: SourceFacts = {
    file,
    isTest,
    imports: [],
    exports: new Map(),
    calls: new Set(),
    identifiers: new Set(),
    strings: new Set(),
    readsProcessEnv: false,
  };
  for (const { moduleRequest, entries } of module.staticImports) {
    const names = entries.map((entry) => entry.importName.name ?? entry.importName.kind);
    addImport(facts, moduleRequest.value, names, entries.length > 0 && entries.every((entry) => entry.isType));
  }
  for (const { entries } of module.staticExports) {
    for (const entry of entries) {
      if (entry.moduleRequest)
        addImport(facts, entry.moduleRequest.value, [entry.importName.name ?? entry.importName.kind], entry.isType);
      if (!entry.isType) facts.exports.set(entry.exportName.name ?? entry.exportName.kind, null);
    }
  }
  for (const { moduleRequest } of module.dynamicImports) {
    const literal = /^['"`](.*)['"`]$/.exec(text.slice(moduleRequest.start, moduleRequest.end))?.[1];
    if (literal) addImport(facts, literal, ['Dynamic'], false);
  }
  visitProgram(facts, program);
  return facts;
}

function addImport(facts: SourceFacts, specifier: string, names: string[], typeOnly: boolean): void {
  let target: string | null = null;
  if (specifier.startsWith('@/')) target = specifier.slice(2);
  else if (specifier.startsWith('.')) target = path.posix.normalize(path.posix.join(path.posix.dirname(facts.file), specifier));
  target = target?.replace(/\.(?:tsx?|mts|mjs|js)$/, '').replace(/\/$/, '') ?? null;
  const packageName = target === null ? (/^(?:@[^/]+\/)?[^/]+/.exec(specifier)?.[0] ?? specifier) : null;
  facts.imports.push({ specifier, target, packageName, names, typeOnly });
}

interface Node {
  type: string;
  [key: string]: unknown;
}

const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null && 'type' in value;
const nameOf = (value: unknown): string | null => (isNode(value) && value.type === 'Identifier' ? String(value.name) : null);
const textOf = (value: unknown): string | null =>
  isNode(value) && value.type === 'Literal' && typeof value.value === 'string' ? value.value : nameOf(value);

function visitProgram(facts: SourceFacts, program: unknown): void {
  walk(program, (node) => visitNode(facts, node));
  if (facts.imports.some(({ packageName, names }) => /^(?:node:)?process$/.test(packageName ?? '') && names.includes('env'))) {
    facts.readsProcessEnv = true;
  }
}

function walk(value: unknown, visit: (node: Node) => void): void {
  if (Array.isArray(value)) for (const one of value) walk(one, visit);
  if (!isNode(value)) return;
  visit(value);
  for (const one of Object.values(value)) if (typeof one === 'object') walk(one, visit);
}

function visitNode(facts: SourceFacts, node: Node): void {
  if (node.type === 'Identifier' || node.type === 'JSXIdentifier') facts.identifiers.add(String(node.name));
  if (node.type === 'Literal' && typeof node.value === 'string') facts.strings.add(node.value);
  if (node.type === 'TemplateElement') facts.strings.add(String((node.value as { raw: string }).raw));
  if (node.type === 'CallExpression') facts.calls.add(nameOf(node.callee) ?? '');
  if (node.type === 'MemberExpression' && nameOf(node.object) === 'process' && textOf(node.property) === 'env') {
    facts.readsProcessEnv = true;
  }
  if (node.type !== 'VariableDeclarator' || !isNode(node.init) || node.init.type !== 'CallExpression') return;
  const name = nameOf(node.id);
  if (name !== null && facts.exports.has(name)) facts.exports.set(name, nameOf(node.init.callee));
}

/** The part of the project a file belongs to: "lib/query", "lib/adapters/x" (an engine), "app", "workers", … or "root". */
export function unitOf(file: string): string {
  const parts = file.split('/');
  if (parts[0] === 'lib' && parts[1] === 'adapters' && parts.length > 3 && parts[2] !== 'contract-suite')
    return parts.slice(0, 3).join('/');
  if (parts[0] === 'lib') return parts.slice(0, 2).join('/');
  return parts.length === 1 ? 'root' : (parts[0] ?? 'root');
}
