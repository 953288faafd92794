/** The cheapest tree of foreign keys that connects the tables a question needs (Steiner tree, shortest-path heuristic). */
import type { CatalogueIndex, Edge } from './catalogue-index';
import type { Join } from './schema';

interface Path {
  edges: Edge[];
  cost: number;
}

/** Cheapest path from any table of the tree to `target` (Dijkstra); passing through wide tables costs a little more. */
function pathTo(index: CatalogueIndex, tree: ReadonlySet<string>, target: string, avoid: ReadonlySet<string>): Path | null {
  const best = new Map<string, Path>([...tree].map((key) => [key, { edges: [], cost: 0 }]));
  const open = new Set(tree);
  const done = new Set<string>();
  while (open.size > 0) {
    let current: string | null = null;
    for (const key of open) if (current === null || (best.get(key)?.cost ?? 0) < (best.get(current)?.cost ?? 0)) current = key;
    if (current === null) break;
    open.delete(current);
    done.add(current);
    const path = best.get(current);
    if (!path) continue;
    if (current === target) return path;
    for (const edge of index.edges.get(current) ?? []) {
      if (done.has(edge.to) || edge.to === edge.from || avoid.has(edge.to)) continue;
      const cost = path.cost + edge.cost;
      const known = best.get(edge.to);
      if (known && known.cost <= cost) continue;
      best.set(edge.to, { edges: [...path.edges, edge], cost });
      open.add(edge.to);
    }
  }
  return null;
}

export interface JoinTree {
  joins: Join[];
  tables: string[];
  /** A join goes from one row to many: rows of the first table may repeat. */
  multiplies: boolean;
  cost: number;
}

/**
 * @param root the table whose rows the answer is about
 * @param needed tables that must be reached
 * @returns null when a table can't be reached over keys
 */
export function joinTree(index: CatalogueIndex, root: string, needed: readonly string[]): JoinTree | null {
  const tree = new Set([root]);
  const joins: Join[] = [];
  let multiplies = false;
  let total = 0;
  const missing = new Set(needed.filter((key) => key !== root));
  while (missing.size > 0) {
    let nearest: Path | null = null;
    for (const key of missing) {
      const path = pathTo(index, tree, key, new Set());
      if (path && (!nearest || path.cost < nearest.cost)) nearest = path;
    }
    if (!nearest) return null;
    for (const edge of nearest.edges) {
      if (tree.has(edge.to)) continue;
      tree.add(edge.to);
      missing.delete(edge.to);
      multiplies ||= edge.many;
      total += edge.cost;
      joins.push(edge.inferred ? { on: edge.on, table: edge.to, inferred: true } : { on: edge.on, table: edge.to });
    }
    for (const key of tree) missing.delete(key);
  }
  return { joins, tables: [...tree], multiplies, cost: total };
}
