'use client';

import { Pencil } from 'lucide-react';
import { type FormEvent, useId, useState } from 'react';
import type { TableAnswer } from '@/lib/schema';
import { toApiError } from '../../../../_ui/api';
import { Button } from '../../../../_ui/button';
import { Textarea } from '../../../../_ui/field';
import { Hint } from '../../../../_ui/tooltip';
import { useWorkspace } from '../../../../_ui/workspace';
import { tableKey } from '../table-key';

interface Props {
  sourceId: string;
  table: TableAnswer;
  onChanged(): void;
}

/** What a table is, in a sentence; who may describes it better, and what they write stays. */
export function TableDescription({ sourceId, table, onChanged }: Props) {
  const { api, can } = useWorkspace();
  const [editing, setEditing] = useState(false);
  const [text, setText] = useState('');
  const [error, setError] = useState<string>();
  const [busy, setBusy] = useState(false);
  const id = useId();
  const description = table.description ?? table.comment ?? '';
  const save = async (next: string | null) => {
    setBusy(true);
    setError(undefined);
    try {
      const body = { table: tableKey(table), text: next };
      await api.json(`/api/data-sources/${sourceId}/schema/descriptions`, { method: 'PUT', body });
      setEditing(false);
      onChanged();
    } catch (cause) {
      setError(toApiError(cause).message);
    }
    setBusy(false);
  };
  if (!editing) {
    return (
      <div className="mt-3 flex max-w-[720px] items-start gap-2">
        <p className="min-w-0 break-words text-ink-2 text-sm">
          {description}
          {table.describedBy === 'model' ? <span className="text-ink-3"> Written by a model.</span> : null}
        </p>
        {can('schema.describe') ? (
          <Hint text="Describe the table">
            <Button
              look="ghost"
              size="icon-sm"
              aria-label="Edit the description"
              className="-mt-1"
              onClick={() => {
                setText(description);
                setEditing(true);
              }}
            >
              <Pencil className="size-3.5" aria-hidden="true" />
            </Button>
          </Hint>
        ) : null}
      </div>
    );
  }
  const submit = (event: FormEvent) => {
    event.preventDefault();
    void save(text.trim());
  };
  return (
    <form onSubmit={submit} className="mt-3 flex max-w-[720px] flex-col gap-2">
      <label htmlFor={id} className="sr-only">
        Description of {table.name}
      </label>
      <Textarea
        id={id}
        value={text}
        maxLength={2000}
        rows={3}
        autoFocus
        aria-invalid={error ? true : undefined}
        aria-describedby={error ? `${id}-error` : undefined}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={(event) => event.key === 'Escape' && setEditing(false)}
      />
      {error ? (
        <p id={`${id}-error`} role="alert" className="text-danger-ink text-xs">
          {error}
        </p>
      ) : null}
      <div className="flex flex-wrap gap-2">
        <Button type="submit" look="primary" size="sm" busy={busy} disabled={text.trim() === ''}>
          Save
        </Button>
        <Button size="sm" onClick={() => setEditing(false)}>
          Cancel
        </Button>
        {table.describedBy === 'person' ? (
          <Button look="ghost" size="sm" disabled={busy} onClick={() => void save(null)}>
            Use the built-in text
          </Button>
        ) : null}
      </div>
    </form>
  );
}
