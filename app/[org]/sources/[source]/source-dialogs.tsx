'use client';

import { useRouter } from 'next/navigation';
import { type FormEvent, useEffect, useState } from 'react';
import { toast } from 'sonner';
import { toApiError } from '../../../_ui/api';
import { Button } from '../../../_ui/button';
import { Confirm, Dialog } from '../../../_ui/dialog';
import { Field, Input } from '../../../_ui/field';
import { type SourceInfo, useWorkspace } from '../../../_ui/workspace';

interface Props {
  source: SourceInfo;
  open: boolean;
  onClose(): void;
}

export function RenameSource({ source, open, onClose }: Props) {
  const { api } = useWorkspace();
  const router = useRouter();
  const [name, setName] = useState(source.name);
  const [error, setError] = useState<string>();
  const [busy, setBusy] = useState(false);
  useEffect(() => {
    if (!open) return;
    setName(source.name);
    setError(undefined);
  }, [open, source.name]);
  const save = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    try {
      await api.json(`/api/data-sources/${source.id}`, { method: 'PATCH', body: { name: name.trim() } });
      onClose();
      router.refresh();
    } catch (cause) {
      setError(toApiError(cause).message);
    }
    setBusy(false);
  };
  return (
    <Dialog open={open} onOpenChange={(next) => !next && onClose()} title="Rename source">
      <form onSubmit={save} className="mt-4 flex flex-col gap-5">
        <Field label="Name" error={error}>
          {(field) => <Input {...field} value={name} maxLength={100} onChange={(event) => setName(event.target.value)} />}
        </Field>
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" look="primary" busy={busy} disabled={name.trim() === ''}>
            Rename
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

export function DeleteSource({ source, open, onClose }: Props) {
  const { api, path } = useWorkspace();
  const router = useRouter();
  const [busy, setBusy] = useState(false);
  const remove = async () => {
    setBusy(true);
    try {
      await api.json(`/api/data-sources/${source.id}`, { method: 'DELETE' });
      toast.success(`${source.name} was removed`);
      router.push(path('/sources'));
      router.refresh();
    } catch (cause) {
      toast.error('The source was not removed', { description: toApiError(cause).message });
      setBusy(false);
    }
  };
  return (
    <Confirm
      open={open}
      onOpenChange={(next) => !next && onClose()}
      title={`Remove ${source.name}?`}
      description="Quarry forgets the connection and its credentials. The database itself stays as it is, and answers already given stay in their conversations."
      action="Remove"
      busy={busy}
      onConfirm={remove}
    />
  );
}
