import { spawn } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { projectRoot } from '../lib/kernel/paths';

describe('output', () => {
  it('ends quietly when its reader has seen enough', async () => {
    // More than a pipe holds, to a reader that leaves at once.
    const code = `import('./cli/output.ts').then(({ print }) => { for (let n = 0; n < 50000; n += 1) print('a line of output'); });`;
    const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', code], { cwd: projectRoot() });
    let errors = '';
    child.stderr.on('data', (data) => {
      errors += String(data);
    });
    child.stdout.once('data', () => child.stdout.destroy());
    const exit = await new Promise((resolve) => child.once('close', resolve));
    expect({ exit, errors }).toEqual({ exit: 0, errors: '' });
  });
});
