'use client';

import { Dialog } from '../dialog';
import { Kbd } from '../kbd';

const SHORTCUTS: { keys: string[]; does: string }[] = [
  { keys: ['⌘', 'K'], does: 'Find or do anything (Ctrl+K)' },
  { keys: ['Enter'], does: 'Send the question' },
  { keys: ['Shift', 'Enter'], does: 'New line in the question' },
  { keys: ['Esc'], does: 'Stop the question that runs' },
  { keys: ['↑'], does: 'Recall the question before, from an empty box' },
  { keys: ['⌘', 'Enter'], does: 'Run the edited query' },
  { keys: ['↑', '↓', '←', '→'], does: 'Move in lists and grids' },
  { keys: ['⌘', 'C'], does: 'Copy the chosen cell as it is stored' },
  { keys: ['?'], does: 'This list' },
];

export function Shortcuts({ open, onOpenChange }: { open: boolean; onOpenChange(open: boolean): void }) {
  return (
    <Dialog open={open} onOpenChange={onOpenChange} title="Keyboard shortcuts">
      <dl className="mt-3 divide-y">
        {SHORTCUTS.map(({ keys, does }) => (
          <div key={does} className="flex items-center justify-between gap-4 py-2">
            <dt className="text-ink-2 text-sm">{does}</dt>
            <dd>
              <Kbd keys={keys} />
            </dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
