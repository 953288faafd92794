import { spawn } from 'node:child_process';
import path from 'node:path';
import { QuarryError } from '../../kernel/errors';
import { projectRoot } from '../../kernel/paths';
import { children } from './children';

/** What the import process is asked for; see import-process.mjs. */
export type ImportTask =
  | { op: 'build'; database: string; files: { file: string; fileName: string }[]; maxBytes: number }
  | { op: 'inspect'; database: string; fileName: string };

export interface Imported {
  op: 'done';
  tables: { name: string; rows: number | null; columns: { name: string; type: string }[] }[];
  warnings: string[];
}

interface Failed {
  op: 'error';
  kind: 'file' | 'full' | 'other';
  fileName: string;
  message: string;
}

/**
 * Runs one task in a process of its own, which is killed when time is up or the caller leaves.
 * @param options.timeoutMs milliseconds
 * @throws QuarryError source.file_refused | storage.full | query.cancelled | input.invalid
 */
export function runImport(task: ImportTask, options: { timeoutMs: number; signal: AbortSignal }): Promise<Imported> {
  const { timeoutMs, signal } = options;
  if (signal.aborted) return Promise.reject(leftUpload());
  const script = path.join(projectRoot(), 'lib', 'adapters', 'sqlite', 'import-process.mjs');
  // The CSV parser makes an error of every ragged record; without stacks that costs half.
  const child = spawn(process.execPath, ['--max-old-space-size=768', '--stack-trace-limit=0', script], {
    env: { NODE_ENV: 'production' },
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  children().add(child);
  return new Promise((resolve, reject) => {
    let outcome: Imported | QuarryError = new QuarryError(
      'input.invalid',
      'The files could not be turned into a database: reading them took more memory than it may. Upload fewer or smaller files.',
    );
    const kill = (reason: QuarryError) => {
      outcome = reason;
      child.kill('SIGKILL');
    };
    const timer = setTimeout(() => kill(tookTooLong(timeoutMs)), timeoutMs);
    const onAbort = () => kill(leftUpload());
    signal.addEventListener('abort', onAbort, { once: true });
    child.on('message', (reply: Imported | Failed) => {
      outcome = reply.op === 'done' ? reply : importError(reply);
    });
    child.on('error', () => undefined);
    // Only when the process is gone may its files be moved or removed.
    child.once('close', () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
      children().delete(child);
      if (outcome instanceof QuarryError) reject(outcome);
      else resolve(outcome);
    });
    child.send(task, () => undefined);
  });
}

export function leftUpload(): QuarryError {
  return new QuarryError('query.cancelled', 'The upload was cancelled.', { stage: 'connect' });
}

function tookTooLong(timeoutMs: number): QuarryError {
  return new QuarryError(
    'input.invalid',
    `Making a database of the files took longer than ${Math.round(timeoutMs / 1000)} s. Upload fewer or smaller files, or raise UPLOAD_TIMEOUT.`,
  );
}

function importError({ kind, fileName, message }: Failed): QuarryError {
  if (kind === 'file') return new QuarryError('source.file_refused', `${fileName} ${message}.`, { stage: 'connect' });
  if (kind === 'full') {
    return new QuarryError(
      'storage.full',
      `The tables of ${fileName} need more room than there is. Leave out columns or files, or ask the operator for space.`,
      { stage: 'connect' },
    );
  }
  return new QuarryError('input.invalid', `${fileName} could not be imported. Check that it is a whole, unencrypted file.`, {
    stage: 'connect',
    cause: new Error(message),
  });
}
