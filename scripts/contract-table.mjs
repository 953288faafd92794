/**
 * The contract suite's table: rows are behaviours, columns are engines. `npm test` prints it from Vitest's JSON report.
 *   node scripts/contract-table.mjs vitest.json
 */
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

const SUITE = /^(.+): the adapter contract$/;
const NOT_OFFERED = / \[not offered: (.*)\]$/s;

/**
 * @param {{testResults: {assertionResults: {ancestorTitles: string[], title: string, status: string}[]}[]}} report Vitest's JSON report
 * @returns {string} a Markdown table with a line per behaviour, and the reasons for what isn't offered; empty when no suite ran
 */
export function contractTable(report) {
  const engines = [];
  const rows = new Map();
  const reasons = new Map();
  for (const result of report.testResults.flatMap((file) => file.assertionResults)) {
    const titles = result.ancestorTitles.filter(Boolean);
    const engine = SUITE.exec(titles[0] ?? '')?.[1];
    if (engine === undefined) continue;
    if (!engines.includes(engine)) engines.push(engine);
    const reason = NOT_OFFERED.exec(result.title)?.[1];
    // A behaviour with many cases is a group of its own; then the case's title says nothing in a table.
    const [, area, group] = titles;
    const behaviour = `${area}: ${group ?? result.title.replace(NOT_OFFERED, '')}`;
    const cells = rows.get(behaviour) ?? new Map();
    const cell = cells.get(engine) ?? { passed: 0, failed: 0, skipped: 0, reason: undefined };
    if (reason !== undefined && result.status === 'passed') {
      cell.reason = reason;
      reasons.set(`${engine}: ${reason}`, reasons.size + 1);
    } else if (result.status === 'passed') cell.passed += 1;
    else if (result.status === 'failed') cell.failed += 1;
    else cell.skipped += 1;
    rows.set(behaviour, cells.set(engine, cell));
  }
  if (engines.length === 0) return '';
  const notes = [...reasons.keys()];
  const text = (engine, cell) => {
    if (!cell) return '**missing**';
    if (cell.reason !== undefined) return `not offered [${notes.indexOf(`${engine}: ${cell.reason}`) + 1}]`;
    const parts = [
      cell.passed > 0 ? `${cell.passed} passed` : '',
      cell.failed > 0 ? `**${cell.failed} failed**` : '',
      cell.skipped > 0 ? `**${cell.skipped} skipped**` : '',
    ];
    return parts.filter(Boolean).join(', ');
  };
  const total = (engine) => {
    const cells = [...rows.values()].map((row) => row.get(engine)).filter((cell) => cell !== undefined);
    const sum = (name) => cells.reduce((all, cell) => all + cell[name], 0);
    return text(engine, { passed: sum('passed'), failed: sum('failed'), skipped: sum('skipped') });
  };
  const line = (cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replaceAll('\n', ' ')).join(' | ')} |`;
  return [
    line(['Behaviour', ...engines]),
    line(['---', ...engines.map(() => '---')]),
    ...[...rows].map(([behaviour, cells]) => line([behaviour, ...engines.map((engine) => text(engine, cells.get(engine)))])),
    line(['All cases', ...engines.map(total)]),
    ...(notes.length > 0 ? ['', ...notes.map((note, i) => `[${i + 1}] ${note}`)] : []),
  ].join('\n');
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  process.stdout.write(`${contractTable(JSON.parse(readFileSync(process.argv[2] ?? 'vitest.json', 'utf8')))}\n`);
}
