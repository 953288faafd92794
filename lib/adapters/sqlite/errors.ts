import { QuarryError } from '../../kernel/errors';

/** What the reader process reports: SQLite's result code and text. The text concerns the query or the file's own content. */
export interface ReaderError {
  code: string;
  message: string;
}

/** An error while a statement ran, as one of ours. */
export function queryError({ code, message }: ReaderError): QuarryError {
  const stage = 'execute' as const;
  if (code === 'QUARRY_REFUSED' || code.startsWith('SQLITE_READONLY') || code === 'SQLITE_AUTH' || code === 'SQLITE_PERM') {
    return new QuarryError(
      'query.refused',
      'SQLite refused: this statement would change something, and the source is for reading only.',
      { stage },
    );
  }
  if (/more than one statement/.test(message)) {
    return new QuarryError(
      'query.invalid',
      'Only one statement can run at a time. Remove everything after the first semicolon.',
      { stage },
    );
  }
  if (/syntax error|incomplete input|unrecognized token/.test(message))
    return new QuarryError('query.invalid', `SQLite does not understand the query: ${message}.`, { stage });
  if (code.startsWith('SQLITE_BUSY') || code.startsWith('SQLITE_LOCKED')) {
    return new QuarryError('query.failed', 'The file is locked by another program. Try again in a moment.', {
      stage,
      retryAfterS: 2,
    });
  }
  if (code.startsWith('SQLITE_NOMEM') || code === 'SQLITE_TOOBIG' || /out of memory/.test(message)) {
    return new QuarryError(
      'query.failed',
      'The query needs more memory than a reader may use. Read fewer rows or shorter values.',
      { stage },
    );
  }
  if (code.startsWith('SQLITE_CORRUPT') || code.startsWith('SQLITE_IOERR')) {
    return new QuarryError('query.failed', 'SQLite cannot read part of the file. It may be damaged, or its disk failing.', {
      stage,
    });
  }
  return new QuarryError('query.failed', `The database answered: ${inWords(message)}`, { stage, details: { engineCode: code } });
}

/** SQLite's own words as the end of a sentence, with names in quotes so that the full stop isn't taken for a part of them. */
function inWords(message: string): string {
  const quoted = message.replace(/^((?:no such (?:table|column)|ambiguous column name): )([^"\s][^\n]*)$/, '$1"$2"');
  return /[.?!]$/.test(quoted) ? quoted : `${quoted}.`;
}

/** An error while the file was opened. */
export function openError({ code, message }: ReaderError): QuarryError {
  const stage = 'connect' as const;
  if (code === 'SQLITE_NOTADB') return new QuarryError('source.file_refused', 'This file is not a SQLite database.', { stage });
  if (code === 'SQLITE_CANTOPEN') {
    return new QuarryError(
      'source.file_missing',
      'The file cannot be opened. Check that it is there and that Quarry may read it.',
      { stage },
    );
  }
  if (code.startsWith('SQLITE_BUSY'))
    return new QuarryError('source.unreachable', 'The file is locked by another program. Try again in a moment.', { stage });
  return new QuarryError('source.unreachable', `The file cannot be read as a SQLite database: ${message}.`, { stage });
}
