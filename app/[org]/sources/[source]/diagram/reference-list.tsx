'use client';

import { moveWithArrows } from '../../../../_ui/frame/arrow-list';
import type { Relation } from './relations';

interface Props {
  relations: readonly Relation[];
  nameOf(key: string): string;
  onOpen(key: string): void;
}

/** The references in words, for reading, searching and the keyboard. */
export function ReferenceList({ relations, nameOf, onOpen }: Props) {
  return (
    <div className="scroll-thin min-h-0 flex-1 overflow-y-auto px-3 pb-6 md:px-4">
      <ul className="mx-auto max-w-[760px] divide-y rounded-lg border bg-raised" onKeyDown={moveWithArrows}>
        {relations.map((relation) => (
          <li key={relation.id} className="flex flex-wrap items-baseline gap-x-2 gap-y-0.5 px-3 py-2 text-sm md:px-4">
            <Table name={nameOf(relation.from)} onOpen={() => onOpen(relation.from)} />
            <span className="text-ink-3">refers by {relation.columns.join(' + ')} to</span>
            <Table name={nameOf(relation.to)} onOpen={() => onOpen(relation.to)} />
            {relation.inferred ? <span className="text-ink-3 text-xs">guessed from names</span> : null}
          </li>
        ))}
      </ul>
    </div>
  );
}

function Table({ name, onOpen }: { name: string; onOpen(): void }) {
  return (
    <button
      type="button"
      data-item
      onClick={onOpen}
      className="break-all rounded-sm text-left font-medium text-accent-ink hover:underline"
    >
      {name}
    </button>
  );
}
