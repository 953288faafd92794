import { Client, type ServerOptions } from '../client';
import { note, print, printJson } from '../output';
import { inert } from '../table';
import { printResult } from './query';

interface Answer {
  answer: string;
  query: string | null;
  columns: { name: string; type: string }[];
  rows: unknown[][];
  rowCount: number;
  truncated: null | { by: string; limit: number };
  durationMs: number;
  cache: { state: string };
  warnings?: string[];
  assumptions: string[];
  suggestions?: string[];
  clarification: null | { question: string; choices: { label: string }[] };
}

/** Asks in plain language; shows the answer, the query that ran, and its rows. */
export async function ask(
  question: string,
  options: ServerOptions & { source: string; json?: boolean; fresh?: boolean },
): Promise<void> {
  const client = new Client(options);
  const { id: dataSourceId } = await client.source(options.source);
  const answer = await client.json<Answer>('POST', '/api/query', {
    dataSourceId,
    question,
    ...(options.fresh ? { cache: 'refresh' } : {}),
  });
  if (options.json) return printJson(answer);
  if (answer.clarification) {
    print(inert(answer.clarification.question));
    for (const { label } of answer.clarification.choices) print(`  - ${inert(label)}`);
    return;
  }
  print(inert(answer.answer));
  for (const suggestion of answer.suggestions ?? []) print(`  - ${inert(suggestion)}`);
  for (const assumption of answer.assumptions) note(`assumed: ${inert(assumption)}`);
  if (!answer.query) return;
  note(`\n${answer.query.split('\n').map(inert).join('\n')}\n`);
  printResult({ ...answer, warnings: answer.warnings ?? [] });
}
