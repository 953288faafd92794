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
  const layers = orderLayers(assignLayers(keys, edges), edges);
  const tallest = Math.max(...layers.map((layer) => layer.length));
  const places = new Map<string, Place>();
  const step = BOX.height + GAP.y;
  for (const [column, layer] of layers.entries()) {
    const top = ((tallest - layer.length) * step) / 2;
    for (const [row, key] of layer.entries()) places.set(key, { key, x: column * (BOX.width + GAP.x), y: top + row * step });
  }
  return { places, width: layers.length * (BOX.width + GAP.x) - GAP.x, height: tallest * step - GAP.y };
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
  const layers: string[][] = [];
  for (const key of keys) {
    const layer = visit(key);
    while (layers.length <= layer) layers.push([]);
    layers[layer]?.push(key);
  }
  // The numbers of layers above a skipped one are kept, so that none is empty.
  return layers.filter((layer) => layer.length > 0);
}

const SWEEPS = 8;

/** Each table goes to the mean height of its neighbours in the other columns, there and back again. */
function orderLayers(layers: string[][], edges: readonly Relation[]): string[][] {
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
    for (const place of group.places.values()) places.set(place.key, { key: place.key, x: left + place.x, y: top + place.y });
    left += group.width + COMPONENT_GAP;
    shelf = Math.max(shelf, group.height);
    width = Math.max(width, left - COMPONENT_GAP);
  }
  return { places, width, height: top + shelf };
}

/** The line of a reference, from the table that refers to the one it refers to. */
export function edgePath(from: Place, to: Place): string {
  const y1 = from.y + BOX.height / 2;
  const y2 = to.y + BOX.height / 2;
  // A reference to the own table, or one that closes a circle within a column, goes round on the right.
  if (from.x <= to.x) {
    const x1 = from.x + BOX.width;
    const x2 = to.x + BOX.width;
    const out = Math.max(x1, x2) + 36;
    return from.key === to.key
      ? `M ${x1} ${y1 - 10} C ${out} ${y1 - 16}, ${out} ${y1 + 16}, ${x1} ${y1 + 10}`
      : `M ${x1} ${y1} C ${out} ${y1}, ${out} ${y2}, ${x2} ${y2}`;
  }
  const x1 = from.x;
  const x2 = to.x + BOX.width;
  const bend = Math.max(28, (x1 - x2) / 2);
  return `M ${x1} ${y1} C ${x1 - bend} ${y1}, ${x2 + bend} ${y2}, ${x2} ${y2}`;
}
