import type { Timing } from './measure';

/** One line of the table that the benchmark prints. */
export interface Line {
  what: string;
  measured: string;
  compared: string;
  ratio: string;
}

export function timing({ p50, p95 }: Timing): string {
  return `p50 ${p50.toFixed(2)} ms, p95 ${p95.toFixed(2)} ms`;
}

export function times(ratio: number): string {
  return `${ratio.toFixed(ratio < 10 ? 2 : 0)} ×`;
}
