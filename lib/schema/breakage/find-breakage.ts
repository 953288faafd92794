import type { Ctx } from '../../access';
import type { Catalogue, Dialect } from '../../adapters/contract';
import type { BreakingChange } from './breaking-changes';
import { changesNamedBy } from './policy-uses';
import { changesUsedBy } from './query-uses';

/** Something of Quarry's that a change of the schema breaks, or may break. */
export interface Breakage {
  kind: 'question' | 'app' | 'policy';
  id: string;
  name: string;
  /** false: it names something of that name, or something whose type changed; look at it. */
  certain: boolean;
  /** Clauses: "public.orders.status is gone". */
  because: string[];
}

/** Rows read at a time. */
const CHUNK = 500;

/**
 * The saved questions, apps and policies of a source that the changes break, certain ones first. [D6]
 * @param catalogue as it was before the changes
 */
export async function findBreakage(
  ctx: Ctx,
  source: { id: string; name: string },
  dialect: Dialect,
  changes: readonly BreakingChange[],
  catalogue: Catalogue,
): Promise<Breakage[]> {
  if (changes.length === 0) return [];
  const judge = async (item: Pick<Breakage, 'kind' | 'id' | 'name'>, queries: string[]): Promise<Breakage[]> => {
    const uses = (await Promise.all(queries.map((query) => changesUsedBy(query, changes, catalogue, dialect)))).flat();
    if (uses.length === 0) return [];
    const certain = uses.some(({ use }) => use === 'yes');
    return [{ ...item, certain, because: [...new Set(uses.map(({ change }) => change.text))] }];
  };
  const found: Breakage[] = [];
  for await (const row of savedQuestions(ctx, source.id)) {
    found.push(...(await judge({ kind: 'question', id: row.id, name: row.name }, [row.query])));
  }
  for await (const app of apps(ctx)) {
    found.push(...(await judge({ kind: 'app', id: app.id, name: app.name }, queriesOf(app.content, source.id))));
  }
  for (const policy of await ctx.db.policy.findMany({ where: { dataSourceId: source.id }, select: { id: true, rules: true } })) {
    const because = changesNamedBy(policy.rules, changes).map((change) => change.text);
    const name = `Access policy of ${source.name}`;
    if (because.length > 0) found.push({ kind: 'policy', id: policy.id, name, certain: true, because });
  }
  return found.sort((a, b) => Number(b.certain) - Number(a.certain) || (a.name < b.name ? -1 : 1));
}

async function* savedQuestions(ctx: Ctx, dataSourceId: string) {
  for (let after: string | undefined; ; ) {
    const rows: { id: string; name: string; query: string }[] = await ctx.db.savedQuestion.findMany({
      where: { dataSourceId, deletedAt: null, ...(after === undefined ? {} : { id: { gt: after } }) },
      orderBy: { id: 'asc' },
      take: CHUNK,
      select: { id: true, name: true, query: true },
    });
    yield* rows;
    if (rows.length < CHUNK) return;
    after = rows.at(-1)?.id;
  }
}

/** Each app with the content of its newest version. */
async function* apps(ctx: Ctx): AsyncGenerator<{ id: string; name: string; content: unknown }> {
  for (let after: string | undefined; ; ) {
    const rows: { id: string; name: string; versions: { content: unknown }[] }[] = await ctx.db.website.findMany({
      where: { deletedAt: null, ...(after === undefined ? {} : { id: { gt: after } }) },
      orderBy: { id: 'asc' },
      take: CHUNK,
      select: { id: true, name: true, versions: { orderBy: { version: 'desc' }, take: 1, select: { content: true } } },
    });
    for (const { id, name, versions } of rows) yield { id, name, content: versions[0]?.content };
    if (rows.length < CHUNK) return;
    after = rows.at(-1)?.id;
  }
}

/** The queries inside an app's content that go to a source: every object with its id and a query, however deep. */
function queriesOf(content: unknown, dataSourceId: string): string[] {
  if (typeof content !== 'object' || content === null) return [];
  const own = content as { dataSourceId?: unknown; query?: unknown };
  const here = own.dataSourceId === dataSourceId && typeof own.query === 'string' ? [own.query] : [];
  return [...here, ...Object.values(content).flatMap((value) => queriesOf(value, dataSourceId))];
}
