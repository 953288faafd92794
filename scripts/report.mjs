/**
 * How the scripts speak: one short line per step, and one clear line for what went wrong and what to do. Nothing here (or in the
 * other scripts) imports a package when it is loaded, so that they run before anything is installed.
 */

/** A failure whose message is a sentence for a person: what happened, and what to do. Printed without a stack trace. */
export class Problem extends Error {
  constructor(message, exitCode = 1) {
    super(message);
    this.name = 'Problem';
    this.exitCode = exitCode;
  }
}

/** One finished or beginning step. */
export function step(text) {
  process.stdout.write(`  ${text}\n`);
}

export function heading(text) {
  process.stdout.write(`${text}\n`);
}

/** The one line for anything thrown. */
export function oneLine(error) {
  if (error instanceof Problem) return error.message;
  const text = error instanceof Error ? error.message.split('\n')[0] : String(error);
  if (error?.code === 'EACCES' || error?.code === 'EPERM' || error?.code === 'EROFS') {
    return `No disk permission for ${error.path ?? 'a file'}. Give this user the right to write there, or set QUARRY_HOME to another folder.`;
  }
  if (error?.code === 'ENOSPC') return 'The disk is full. Free some space and start again.';
  return text;
}

/** Runs a script's main function; a failure becomes one line and an exit code. */
export async function runMain(main) {
  try {
    process.exitCode = (await main()) ?? 0;
  } catch (error) {
    process.stderr.write(`error: ${oneLine(error)}\n`);
    if (process.env.QUARRY_DEBUG && error instanceof Error) process.stderr.write(`${error.stack}\n`);
    process.exitCode = error instanceof Problem ? error.exitCode : 1;
  }
}

/** "1.4 s", "2 min 3 s". */
export function duration(ms) {
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}
