import { QuarryError } from '../kernel/errors';
import type { Adapter } from './contract';
import { mongodb } from './mongodb';
import { mysql } from './mysql';
import { postgres } from './postgres';
import { sqlite } from './sqlite';

/** One line per engine: the only place where engines are listed. */
const ADAPTERS: Adapter[] = [postgres as Adapter, mysql as Adapter, mongodb as Adapter, sqlite as Adapter];

const byType = new Map(ADAPTERS.map((adapter) => [adapter.manifest.type, adapter]));

/** The types that can be connected, in the order in which the page offers them. */
export function adapterTypes(): [string, ...string[]] {
  return [...byType.keys()] as [string, ...string[]];
}

/** @throws QuarryError source.unsupported */
export function getAdapter(type: string): Adapter {
  const adapter = byType.get(type);
  if (!adapter) {
    throw new QuarryError('source.unsupported', `Quarry cannot connect "${type}". It connects ${adapterTypes().join(', ')}.`);
  }
  return adapter;
}

export function listAdapters(): Adapter[] {
  return [...ADAPTERS];
}
