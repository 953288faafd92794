import type { ChildProcess } from 'node:child_process';
import { singleton } from '../../kernel/singleton';

/** Processes of this process, ended with it however it ends. */
export const children = () =>
  singleton('adapters.sqlite.children', () => {
    const all = new Set<ChildProcess>();
    process.once('exit', () => {
      for (const child of all) child.kill('SIGKILL');
    });
    return all;
  });
