import { QuarryError, toQuarryError } from '../lib/kernel/errors';

/** A failure with the code it is printed with: a code of ours, of the server's answer, or of the command line itself. */
export class Failure extends Error {
  constructor(
    readonly code: string,
    message: string,
  ) {
    super(message);
    this.name = 'Failure';
  }
}

/** A command that was called wrongly: exit code 2. */
export class UsageFailure extends Failure {
  constructor(message: string) {
    super('usage', message);
  }
}

/** What went wrong, as the one line that the command line prints. */
export function failureLine(thrown: unknown): string {
  const { message, code } = explain(thrown);
  return `error: ${message.replace(/\s+/g, ' ').trim()} (${code})`;
}

function explain(thrown: unknown): { message: string; code: string } {
  if (thrown instanceof Failure || thrown instanceof QuarryError) return thrown;
  // scripts/report.mjs throws these, with one line that says what to do.
  if (thrown instanceof Error && thrown.name === 'Problem') return { message: thrown.message, code: 'installation' };
  const error = toQuarryError(thrown);
  const text = thrown instanceof Error ? thrown.message : String(thrown);
  // Whoever holds the command line holds the installation: here the text helps more than it gives away.
  return { message: `${error.message} ${text}`, code: error.code };
}
