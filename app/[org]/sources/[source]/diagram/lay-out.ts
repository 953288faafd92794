import type { Relation } from './relations';

export const BOX = { width: 184, height: 46 };
const GAP = { x: 76, y: 18 };
const COMPONENT_GAP = 48;

export interface Place {
  key: string;
  x: number;
  y: number;
}

export interface Layout {
  places: Map<string, Place>;
  /** Where the line of a reference passes through columns between its two tables, from right to left, by the relation's id. */
  bends: Map<string, Place[]>;
  width: number;
  height: number;
}

/**
 * Places tables so that references go from right to left: a table stands one column right of the furthest that it refers to (layers of
 * a layered drawing, after Sugiyama), ordered within a column by where its neighbours are. Connected groups are laid out
 * apart and packed on shelves. The same tables give the same picture.
 */
export function layOut(keys: readonly string[], relations: readonly Relation[]): Layout {
  const edges = relations.filter(({ from, to }) => from !== to && keys.includes(from) && keys.includes(to));
  const groups = components(keys, edges).map((group) => layOutGroup(group, edges));
  return pack(groups.sort((a, b) => b.height * b.width - a.height * a.width));
}

function components(keys: readonly string[], edges: readonly Relation[]): string[][] {
  const parent = new Map(keys.map((key) => [key, key]));
  const root = (key: string): string => {
    let at = key;
    for (let next = parent.get(at) ?? at; next !== at; next = parent.get(at) ?? at) at = next;
    return at;
  };
  for (const { from, to } of edges) parent.set(root(from), root(to));
  const groups = new Map<string, string[]>();
  for (const key of keys) {
    const group = groups.get(root(key));
    if (group) group.push(key);
    else groups.set(root(key), [key]);
  }
  return [...groups.values()];
}

function layOutGroup(keys: string[], all: readonly Relation[]): Layout {
  const inside = new Set(keys);
  const edges = all.filter(({ from }) => inside.has(from));
  const { layers: assigned, links, bends } = splitLongEdges(assignLayers(keys, edges), edges);
  const layers = orderLayers(assigned, links);
  const tallest = Math.max(...layers.map((layer) => layer.length));
  const places = new Map<string, Place>();
  const step = BOX.height + GAP.y;
  for (const [column, layer] of layers.entries()) {
    const top = ((tallest - layer.length) * step) / 2;
    for (const [row, key] of layer.entries()) places.set(key, { key, x: column * (BOX.width + GAP.x), y: top + row * step });
  }
  const size = { width: layers.length * (BOX.width + GAP.x) - GAP.x, height: tallest * step - GAP.y };
  const points = new Map([...bends].map(([id, keysOfBends]) => [id, keysOfBends.flatMap((key) => places.get(key) ?? [])]));
  for (const key of [...bends.values()].flat()) places.delete(key);
  return { places, bends: points, ...size };
}

interface Link {
  from: string;
  to: string;
}

/** A line that passes a column takes a place there, so that it doesn't run behind a table. */
function splitLongEdges(
  layers: string[][],
  edges: readonly Relation[],
): { layers: string[][]; links: Link[]; bends: Map<string, string[]> } {
  const columnOf = new Map(layers.flatMap((layer, column) => layer.map((key) => [key, column])));
  const out = layers.map((layer) => [...layer]);
  const links: Link[] = [];
  const bends = new Map<string, string[]>();
  for (const { id, from, to } of edges) {
    const passed: string[] = [];
    for (let column = (columnOf.get(from) ?? 0) - 1; column > (columnOf.get(to) ?? 0); column -= 1) {
      const bend = `${column}|${id}`;
      out[column]?.push(bend);
      passed.push(bend);
    }
    const chain = [from, ...passed, to];
    for (let at = 1; at < chain.length; at += 1) links.push({ from: chain[at - 1] ?? from, to: chain[at] ?? to });
    if (passed.length > 0) bends.set(id, passed);
  }
  return { layers: out, links, bends };
}

/** Longest path to a table that refers to nothing; a reference that would close a circle is left out of account. */
function assignLayers(keys: string[], edges: readonly Relation[]): string[][] {
  const targets = new Map(keys.map((key) => [key, edges.filter(({ from }) => from === key).map(({ to }) => to)]));
  const layerOf = new Map<string, number>();
  const open = new Set<string>();
  const visit = (key: string): number => {
    const known = layerOf.get(key);
    if (known !== undefined) return known;
    open.add(key);
    let layer = 0;
    for (const target of targets.get(key) ?? []) if (!open.has(target)) layer = Math.max(layer, visit(target) + 1);
    open.delete(key);
    layerOf.set(key, layer);
    return layer;
  };
  for (const key of keys) visit(key);
  // A table stands just left of the first that refers to it, rather than at the far left.
  for (const key of [...keys].sort((a, b) => (layerOf.get(b) ?? 0) - (layerOf.get(a) ?? 0))) {
    const referring = edges.filter((edge) => edge.to === key).map((edge) => layerOf.get(edge.from) ?? 0);
    const own = layerOf.get(key) ?? 0;
    const right = referring.filter((layer) => layer > own);
    if (right.length > 0 && right.length === referring.length) layerOf.set(key, Math.min(...right) - 1);
  }
  const layers: string[][] = [];
  for (const key of keys) {
    const layer = layerOf.get(key) ?? 0;
    while (layers.length <= layer) layers.push([]);
    layers[layer]?.push(key);
  }
  return layers.filter((layer) => layer.length > 0);
}

const SWEEPS = 8;

/** Each table goes to the mean height of its neighbours in the other columns, there and back again. */
function orderLayers(layers: string[][], edges: readonly Link[]): string[][] {
  const neighbours = new Map<string, string[]>();
  for (const { from, to } of edges) {
    neighbours.set(from, [...(neighbours.get(from) ?? []), to]);
    neighbours.set(to, [...(neighbours.get(to) ?? []), from]);
  }
  let ordered = layers.map((layer) => [...layer].sort());
  for (let sweep = 0; sweep < SWEEPS; sweep += 1) {
    const height = new Map<string, number>();
    for (const layer of ordered) for (const [row, key] of layer.entries()) height.set(key, row - layer.length / 2);
    ordered = ordered.map((layer, column) => {
      // Every second column moves, so that two don't change places for ever.
      if (column % 2 === sweep % 2) return layer;
      const wanted = (key: string) =>
        mean((neighbours.get(key) ?? []).map((other) => height.get(other) ?? 0)) ?? height.get(key) ?? 0;
      return [...layer].sort((a, b) => wanted(a) - wanted(b) || (a < b ? -1 : 1));
    });
  }
  return ordered;
}

const mean = (values: number[]) => (values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length);

/** Groups beside each other, as many as fit the width of a page-like whole, then below. */
function pack(groups: Layout[]): Layout {
  const area = groups.reduce((sum, { width, height }) => sum + (width + COMPONENT_GAP) * (height + COMPONENT_GAP), 0);
  const target = Math.max(...groups.map((group) => group.width), Math.sqrt(area * 1.8), 1);
  const places = new Map<string, Place>();
  const bends = new Map<string, Place[]>();
  let left = 0;
  let top = 0;
  let shelf = 0;
  let width = 0;
  for (const group of groups) {
    if (left > 0 && left + group.width > target) {
      top += shelf + COMPONENT_GAP;
      left = 0;
      shelf = 0;
    }
    const move = ({ key, x, y }: Place): Place => ({ key, x: left + x, y: top + y });
    for (const place of group.places.values()) places.set(place.key, move(place));
    for (const [id, points] of group.bends) bends.set(id, points.map(move));
    left += group.width + COMPONENT_GAP;
    shelf = Math.max(shelf, group.height);
    width = Math.max(width, left - COMPONENT_GAP);
  }
  return { places, bends, width, height: top + shelf };
}

/** The line of a reference, from the table that refers through its bends to the one it refers to. */
export function edgePath(from: Place, to: Place, bends: readonly Place[] = []): string {
  // A reference to the own table, or one that closes a circle, goes round on the right.
  if (from.x <= to.x) {
    const [x1, y1] = [from.x + BOX.width, middle(from)];
    const [x2, y2] = [to.x + BOX.width, middle(to)];
    const out = Math.max(x1, x2) + 36;
    return from.key === to.key
      ? `M ${x1} ${y1 - 10} C ${out} ${y1 - 16}, ${out} ${y1 + 16}, ${x1} ${y1 + 10}`
      : `M ${x1} ${y1} C ${out} ${y1}, ${out} ${y2}, ${x2} ${y2}`;
  }
  let path = `M ${from.x} ${middle(from)}`;
  let [x, y] = [from.x, middle(from)];
  for (const next of [...bends, to]) {
    const right = next.x + BOX.width;
    const bend = Math.max(28, (x - right) / 2);
    path += ` C ${x - bend} ${y}, ${right + bend} ${middle(next)}, ${right} ${middle(next)}`;
    [x, y] = [next.x, middle(next)];
    if (next !== to) path += ` H ${x}`;
  }
  return path;
}

const middle = (place: Place) => place.y + BOX.height / 2;
