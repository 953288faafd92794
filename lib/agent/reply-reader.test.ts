import { describe, expect, it } from 'vitest';
import { QuarryError } from '../kernel/errors';
import { readReply } from './reply-reader';

const QUERY = 'SELECT name FROM customers';

describe('readReply [C9]', () => {
  it.each([
    ['bare', QUERY],
    ['bare with semicolon', `${QUERY};`],
    ['fenced', `Here it is:\n\`\`\`sql\n${QUERY};\n\`\`\`\nIt lists names.`],
    ['fenced without language', `\`\`\`\n${QUERY}\n\`\`\``],
    ['unclosed fence', `\`\`\`sql\n${QUERY}`],
    ['prefixed', `SQLQuery: ${QUERY}`],
    ['prefixed bold', `**SQL:** ${QUERY}\n\nThis lists the names.`],
    ['in prose', `Sure, this works:\n${QUERY};\nAnything else?`],
    ['json', JSON.stringify({ sql: QUERY, assumptions: ['all customers'] })],
    ['fenced json', `\`\`\`json\n${JSON.stringify({ query: QUERY })}\n\`\`\``],
    ['json in prose', `Answer: ${JSON.stringify({ sql: QUERY, explanation: 'with {braces} and "quotes"' })} done`],
    ['json holding a fence', JSON.stringify({ sql: `\`\`\`sql\n${QUERY}\n\`\`\`` })],
    ['thinking first', `<think>maybe SELECT 1 FROM x;</think>\n\`\`\`sql\n${QUERY}\n\`\`\``],
    ['two fences, the last one counts', `First try:\n\`\`\`sql\nSELECT 1\n\`\`\`\nBetter:\n\`\`\`sql\n${QUERY}\n\`\`\``],
  ])('reads %s', (_form, text) => {
    expect(readReply({ text })).toMatchObject({ kind: 'query', query: QUERY });
  });

  it('reads a tool call, as an object and as JSON text', () => {
    expect(readReply({ text: '', toolCalls: [{ input: { sql: QUERY } }] })).toMatchObject({ kind: 'query', query: QUERY });
    expect(readReply({ text: 'ok', toolCalls: [{ input: JSON.stringify({ query: QUERY }) }] })).toMatchObject({ query: QUERY });
  });

  it('keeps semicolons inside strings and paragraphs of one statement', () => {
    const query = "SELECT ';' AS a FROM t\n\nWHERE b = 'x;y'";
    expect(readReply({ text: query })).toMatchObject({ query });
  });

  it('reads a clarification, a refusal and plain words', () => {
    expect(readReply({ text: '{"clarify":{"question":"Which?","choices":["by date","by total"]}}' })).toEqual({
      kind: 'clarify',
      question: 'Which?',
      choices: [
        { label: 'by date', question: 'by date' },
        { label: 'by total', question: 'by total' },
      ],
    });
    expect(readReply({ text: '{"decline":"no such data"}' })).toEqual({
      kind: 'decline',
      reason: 'no such data',
      suggestions: [],
    });
    expect(readReply({ text: '{"text":"Hello."}' })).toEqual({ kind: 'text', text: 'Hello.' });
  });

  it('passes a write on, so that the execution path refuses it with its reason', () => {
    expect(readReply({ text: 'DROP TABLE customers' })).toMatchObject({ kind: 'query', query: 'DROP TABLE customers' });
  });

  it.each([
    '',
    'I am sorry, I cannot help with that.',
    'With pleasure! What would you like?',
    'Show me the data first.',
    '{"foo": 1}',
    '```\nhello\n```',
  ])('refuses junk: %s', (text) => {
    expect(() => readReply({ text })).toThrowError(QuarryError);
  });
});
