/** `npm run check`: Biome, TypeScript, knip and the architecture test, one after the other; says which failed. */
import { existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { ensureClient, ensurePackages } from './prepare.mjs';
import { run } from './processes.mjs';
import { duration, Problem, runMain, step } from './report.mjs';
import { ROOT } from './services.mjs';

const CHECKS = [
  ['Biome', 'node_modules/@biomejs/biome/bin/biome', ['check', '--error-on-warnings', '.']],
  ['TypeScript', 'node_modules/typescript/bin/tsc', ['--noEmit']],
  ['knip', 'node_modules/knip/bin/knip.js', ['--no-progress']],
  ['architecture', 'node_modules/vitest/vitest.mjs', ['run', '--project', 'unit', 'lib/testing/architecture']],
];

/** Runs every check. @returns {Promise<string[]>} names of those that failed */
export async function runChecks() {
  const types = path.join(ROOT, 'next-env.d.ts'); // Next writes it on a build; types must be known before the first one
  if (!existsSync(types))
    writeFileSync(types, '/// <reference types="next" />\n/// <reference types="next/image-types/global" />\n');
  const failed = [];
  for (const [name, program, args] of CHECKS) {
    const began = Date.now();
    const result = await run(process.execPath, [path.join(ROOT, program), ...args], { cwd: ROOT });
    if (result.code !== 0) {
      failed.push(name);
      process.stdout.write(`${result.output}\n`);
    }
    step(`${name}: ${result.code === 0 ? 'ok' : 'FAILED'} (${duration(Date.now() - began)})`);
  }
  return failed;
}

if (import.meta.url === `file://${process.argv[1]}`) {
  await runMain(async () => {
    await ensurePackages();
    await ensureClient();
    const failed = await runChecks();
    if (failed.length > 0) throw new Problem(`${failed.join(', ')} failed; what is wrong stands above.`);
  });
}
