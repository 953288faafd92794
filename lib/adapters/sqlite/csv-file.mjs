/** Reading CSV files: how one is encoded and separated, and its records one by one (RFC 4180, and what programs make of it). */
import { createReadStream } from 'node:fs';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { parse } from 'csv-parse';
import { parse as parseNow } from 'csv-parse/sync';

const SAMPLE_BYTES = 256 * 1024;
const SAMPLE_RECORDS = 1_000;
/** A quotation mark that is never closed would otherwise take the rest of the file into memory. */
const MOST_RECORD_CHARACTERS = 16 * 1024 * 1024;
const DELIMITERS = [',', ';', '\t', '|'];

export class FileProblem extends Error {}

/**
 * Reads the file once for its encoding: UTF-8 when all of it is, else Windows-1252, of which Latin-1 is a part; UTF-16 by its mark.
 * @returns {Promise<{encoding: string, sample: string, complete: boolean}>} the sample is the file's beginning
 */
export async function scan(file) {
  const utf8 = new TextDecoder('utf-8', { fatal: true });
  let isUtf8 = true;
  let hasNul = false;
  let head = Buffer.alloc(0);
  let complete = true;
  for await (const chunk of createReadStream(file, { highWaterMark: SAMPLE_BYTES })) {
    if (head.length < SAMPLE_BYTES) head = Buffer.concat([head, chunk]);
    else complete = false;
    hasNul ||= chunk.includes(0);
    try {
      if (isUtf8) utf8.decode(chunk, { stream: true });
    } catch {
      isUtf8 = false;
    }
  }
  try {
    if (isUtf8) utf8.decode();
  } catch {
    isUtf8 = false;
  }
  const mark = head.subarray(0, 2).toString('hex');
  const encoding = mark === 'fffe' ? 'utf-16le' : mark === 'feff' ? 'utf-16be' : isUtf8 ? 'utf-8' : 'windows-1252';
  if (hasNul && !encoding.startsWith('utf-16')) throw new FileProblem('is not a text file');
  const text = new TextDecoder(encoding).decode(head, { stream: !complete });
  const end = complete ? -1 : text.lastIndexOf('\n');
  return { encoding, sample: end > 0 ? text.slice(0, end + 1) : text };
}

const shape = (delimiter) => ({
  delimiter,
  bom: true,
  record_delimiter: ['\r\n', '\n', '\r'],
  relax_column_count: true,
  relax_quotes: true,
  skip_empty_lines: true,
  max_record_size: MOST_RECORD_CHARACTERS,
});

/** The first records of the file as one delimiter takes them apart. */
export function sampleRecords(sample, delimiter) {
  const records = [];
  try {
    parseNow(sample, {
      ...shape(delimiter),
      to: SAMPLE_RECORDS,
      on_record: (record) => {
        records.push(record);
        return null;
      },
    });
  } catch {
    // The sample may end within quotation marks: what came before counts.
  }
  return records;
}

/** The delimiter with which most records have as many fields as the first one; a tab only wins by itself in a .tsv file. */
export function findDelimiter(sample, fileName) {
  let best = { delimiter: /\.(?:tsv|tab)$/i.test(fileName) ? '\t' : ',', score: 0 };
  for (const delimiter of DELIMITERS) {
    const records = sampleRecords(sample, delimiter);
    const width = records[0]?.length ?? 0;
    if (width < 2) continue;
    const alike = records.filter((record) => record.length === width).length / records.length;
    const score = alike + Math.min(width, 100) / 1_000 + (delimiter === best.delimiter ? 0.05 : 0);
    if (score > best.score) best = { delimiter, score };
  }
  return best.delimiter;
}

/**
 * Calls `onRecord(fields, line)` for each record; `line` is the one on which the record ends.
 * @throws FileProblem
 */
export async function readRecords(file, { encoding, delimiter }, onRecord) {
  const parser = parse({
    ...shape(delimiter),
    on_record: (record, { lines }) => {
      onRecord(record, lines);
      return null;
    },
  });
  // Nothing is ever pushed, but a Transform that nobody reads would wait.
  parser.resume();
  const input = createReadStream(file, { highWaterMark: SAMPLE_BYTES });
  try {
    if (encoding === 'utf-8') await pipeline(input, parser);
    else await pipeline(input, decoder(encoding), parser);
  } catch (error) {
    throw asProblem(error);
  }
}

function decoder(encoding) {
  const text = new TextDecoder(encoding);
  return new Transform({
    transform: (chunk, _, done) => done(null, text.decode(chunk, { stream: true })),
    flush: (done) => done(null, text.decode()),
  });
}

function asProblem(error) {
  if (error?.code === 'CSV_QUOTE_NOT_CLOSED' || error?.code === 'CSV_MAX_RECORD_SIZE')
    return new FileProblem('has a quotation mark that is never closed, so that the rest of the file would be one value');
  if (typeof error?.code === 'string' && error.code.startsWith('CSV_'))
    return new FileProblem(`cannot be read as CSV near line ${error.lines}`);
  return error;
}
