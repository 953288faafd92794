'use client';

import { Copy } from 'lucide-react';
import { toast } from 'sonner';
import type { JsonCell } from '@/lib/query/schema';
import { Button } from '../button';
import { copyText } from '../clipboard';
import { Dialog } from '../dialog';
import { wholeText } from './cell';
import { type GridColumn, rawText } from './values';

/** One value in full: long text, JSON laid out, exact digits. */
export function CellDialog({ cell, onClose }: { cell: { value: JsonCell; column: GridColumn } | null; onClose(): void }) {
  return (
    <Dialog
      open={cell !== null}
      onOpenChange={(open) => {
        if (!open) onClose();
      }}
      title={cell?.column.name ?? ''}
      description={cell?.column.nativeType ?? cell?.column.type}
      className="md:w-[640px]"
    >
      {cell ? (
        <>
          <pre className="scroll-thin mt-4 max-h-[50vh] overflow-auto whitespace-pre-wrap break-words rounded-md bg-sunken p-3 font-mono text-[12px] text-ink leading-5">
            {cell.value === null ? 'NULL' : wholeText(cell.value)}
          </pre>
          <div className="mt-4 flex justify-end">
            <Button
              onClick={async () => {
                if (await copyText(rawText(cell.value))) toast.success('Value copied');
              }}
            >
              <Copy className="size-4" aria-hidden="true" />
              Copy
            </Button>
          </div>
        </>
      ) : null}
    </Dialog>
  );
}
