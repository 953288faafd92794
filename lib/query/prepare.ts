import { type Ctx, requirePermission, takeRateLimit } from '../access';
import type { StatementFacts } from '../adapters/contract';
import { QuarryError } from '../kernel/errors';
import { isId } from '../kernel/ids';
import { type OpenSource, openSource } from '../sources';
import { applyPolicy, type PolicyOutcome } from './policy';
import { Trace } from './trace';
import type { QueryRequest } from './types';

/** Ceilings of one kind of run: interactive, or streamed and exported. */
export interface Ceilings {
  rows: number;
  timeoutMs: number;
}

/** A statement that may run: what the first half of the pipeline makes of a request. */
export interface Prepared {
  source: OpenSource;
  facts: StatementFacts;
  policy: PolicyOutcome;
  /** What the database gets, with the row limit pushed down. */
  text: string;
  parameters: readonly unknown[];
  limit: number;
  timeoutMs: number;
  warnings: string[];
}

interface Bound {
  text: string;
  parameters: readonly unknown[];
}

/**
 * Finds the source in the caller's organisation, before anything is said about the query.
 * @throws QuarryError access.denied | not_found (also for a malformed id)
 */
export async function locateSource(ctx: Ctx, dataSourceId: string): Promise<OpenSource> {
  requirePermission(ctx, 'query.run');
  if (!isId(dataSourceId)) throw new QuarryError('not_found', 'There is no such data source.', { stage: 'authorise' });
  return openSource(ctx, dataSourceId);
}

/**
 * Parse, validate, authorise, policy, rate limit, optimise: in this order, each timed. Nothing here touches the customer's data.
 * @throws QuarryError query.invalid | query.refused | input.invalid | access.denied | rate.limited, each with its stage
 */
export async function prepareQuery(
  ctx: Ctx,
  request: QueryRequest,
  source: OpenSource,
  ceilings: Ceilings,
  trace: Trace,
): Promise<Prepared> {
  const { bound, facts } = await trace.run('parse', () => parse(source, request));
  await trace.run('validate', () => validate(facts, bound));
  await trace.run('authorise', () => authorise(ctx, facts));
  const policy = await trace.run('policy', () => applyPolicy(bound.text, facts));
  await trace.run('rate_limit', () => {
    // What Quarry asks for itself (samples of values, checks) is not the caller's doing.
    if (request.origin !== 'system') takeRateLimit(ctx, 'query');
  });
  return trace.run('optimise', () => {
    const warnings: string[] = [];
    const limit = chooseLimit(request, source, ceilings, warnings);
    // One row more than is shown tells whether something was cut.
    const text = source.adapter.dialect.limit(policy.text, facts, limit + 1);
    const { parameters } = bound;
    return { source, facts, policy, text, parameters, limit, timeoutMs: chooseTimeout(request, source, ceilings), warnings };
  });
}

/**
 * Says what a query is without running it, through the pipeline's own first stages.
 * @throws QuarryError as a run would: not_found, query.invalid, query.refused
 */
export async function validateQuery(ctx: Ctx, dataSourceId: string, query: string): Promise<StatementFacts> {
  const trace = new Trace();
  const source = await locateSource(ctx, dataSourceId);
  const facts = await trace.run('parse', () => source.adapter.dialect.parse(query));
  await trace.run('validate', () => refuseForbidden(facts));
  await trace.run('authorise', () => authorise(ctx, facts));
  return facts;
}

async function parse(source: OpenSource, request: QueryRequest): Promise<{ bound: Bound; facts: StatementFacts }> {
  const { dialect } = source.adapter;
  const bound = bind(source, request);
  return { bound, facts: await dialect.parse(bound.text) };
}

function bind(source: OpenSource, { query, parameters }: QueryRequest): Bound {
  if (parameters === undefined) return { text: query, parameters: [] };
  if (Array.isArray(parameters)) return { text: query, parameters };
  const statement = source.adapter.dialect.bindNamed(query, parameters);
  return { text: statement.text, parameters: statement.params ?? [] };
}

function validate(facts: StatementFacts, bound: Bound): void {
  refuseForbidden(facts);
  const given = bound.parameters.length;
  if (facts.parameterCount === given) return;
  throw new QuarryError(
    'input.invalid',
    `The query has ${facts.parameterCount === 1 ? '1 parameter' : `${facts.parameterCount} parameters`}, but ${given === 1 ? '1 value was' : `${given} values were`} given.`,
    { details: { expected: facts.parameterCount, given } },
  );
}

function refuseForbidden(facts: StatementFacts): void {
  if (facts.effect !== 'refuse' && (facts.refusal === undefined || facts.effect === 'write')) return;
  throw new QuarryError(
    'query.refused',
    facts.refusal ?? `A ${facts.kind} statement is not allowed. Quarry runs queries that read.`,
    {
      details: { kind: facts.kind },
    },
  );
}

/** Writes wait for issue 4, which brings the permission and the approval that they need. */
function authorise(ctx: Ctx, facts: StatementFacts): void {
  requirePermission(ctx, 'query.run');
  if (facts.effect !== 'write') return;
  throw new QuarryError(
    'query.refused',
    `Data sources are read-only here: a statement that changes data (${facts.kind}) is not run.`,
    {
      hints: ['Ask with a SELECT, or change the data with your own tools.'],
      details: { kind: facts.kind },
    },
  );
}

function chooseLimit(request: QueryRequest, source: OpenSource, ceilings: Ceilings, warnings: string[]): number {
  const ceiling = Math.min(ceilings.rows, source.limits.maxRows ?? ceilings.rows);
  if (request.limit !== undefined && request.limit > ceiling) {
    warnings.push(`The limit of ${request.limit} rows was lowered to ${ceiling}, the most that is allowed here.`);
  }
  return Math.min(request.limit ?? ceiling, ceiling);
}

function chooseTimeout(request: QueryRequest, source: OpenSource, ceilings: Ceilings): number {
  return Math.min(request.timeoutMs ?? ceilings.timeoutMs, ceilings.timeoutMs, source.limits.timeoutMs ?? ceilings.timeoutMs);
}
