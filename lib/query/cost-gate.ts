import type { Ctx } from '../access';
import type { ExplainPlan, Lease } from '../adapters/contract';
import { QuarryError } from '../kernel/errors';
import { settings } from '../kernel/settings';
import type { Prepared } from './prepare';

/** An estimate that takes longer isn't waited for: it would cost more than it saves. */
const EXPLAIN_TIMEOUT_MS = 1_000;

interface Gate {
  mode: 'off' | 'warn' | 'refuse';
  maxRows: number;
  maxCost: number | undefined;
}

/**
 * Asks the database what the query would cost, before it runs on the same connection, and warns or refuses above the limits of the
 * source or the installation (COST_GATE…). One round trip; what has no tables, and engines that give no estimates, cost nothing. That
 * no estimate could be had never fails a query. [C13]
 * @returns warnings for people
 * @throws QuarryError query.refused with the estimate and what to do | query.cancelled
 */
export async function passCostGate(
  ctx: Ctx,
  lease: Lease,
  prepared: Prepared,
  execution: Parameters<Lease['execute']>,
): Promise<string[]> {
  const gate = gateOf(prepared);
  if (gate.mode === 'off') return [];
  const [statement, options] = execution;
  let plan: ExplainPlan;
  try {
    const timeoutMs = Math.min(EXPLAIN_TIMEOUT_MS, options.timeoutMs);
    plan = await lease.explain(statement, { ...options, timeoutMs, maxRows: 10_000, maxBytes: 10_000_000 });
  } catch (error) {
    options.signal.throwIfAborted();
    ctx.log.debug({ err: error }, 'cost gate: no estimate');
    return [];
  }
  const found = judge(plan, gate);
  if (found === null) return [];
  if (gate.mode === 'warn') return [found];
  throw new QuarryError('query.refused', `${found} Queries as expensive as that are refused here.`, {
    stage: 'optimise',
    hints: ['Filter on an indexed column, take a shorter period, or ask for fewer joined tables.'],
    details: {
      estimatedRowsRead: plan.estimatedRowsRead,
      estimatedCost: plan.estimatedCost,
      maxRowsRead: gate.maxRows,
      ...(gate.maxCost === undefined ? {} : { maxCost: gate.maxCost }),
    },
  });
}

function gateOf({ source, facts }: Prepared): Gate {
  const { costGate, maxRowsRead, maxCost } = source.limits;
  const { costGate: mode, costGateMaxRows, costGateMaxCost } = settings();
  const asked = source.adapter.manifest.capabilities.explain && facts.limitable && facts.tables.length > 0;
  return {
    mode: asked ? (costGate ?? mode) : 'off',
    maxRows: maxRowsRead ?? costGateMaxRows,
    maxCost: maxCost ?? costGateMaxCost,
  };
}

/** What is too much about a plan, in a sentence; null when nothing is. */
export function judge(
  { estimatedRowsRead, estimatedCost }: Pick<ExplainPlan, 'estimatedRowsRead' | 'estimatedCost'>,
  { maxRows, maxCost }: Pick<Gate, 'maxRows' | 'maxCost'>,
): string | null {
  if (estimatedRowsRead !== undefined && estimatedRowsRead > maxRows) {
    return `The database expects to read about ${inWords(estimatedRowsRead)} rows for this query, more than the ${inWords(maxRows)} that are set as the limit.`;
  }
  if (maxCost !== undefined && estimatedCost !== undefined && estimatedCost > maxCost) {
    return `The database expects this query to cost about ${inWords(estimatedCost)} of its units, more than the ${inWords(maxCost)} that are set as the limit.`;
  }
  return null;
}

/** "12 million", "1.5 billion", "4,200": as exact as an estimate deserves. */
function inWords(value: number): string {
  const [unit, name] = value >= 1e9 ? [1e9, ' billion'] : value >= 1e6 ? [1e6, ' million'] : [1, ''];
  return `${new Intl.NumberFormat('en', { maximumSignificantDigits: 2, notation: 'standard' }).format(value / unit)}${name}`;
}
