'use client';

import { useRouter } from 'next/navigation';
import { type FormEvent, useEffect, useState } from 'react';
import { toast } from 'sonner';
import type { ConversationSummary } from '@/lib/conversations/schema';
import { toApiError } from '../../_ui/api';
import { Button } from '../../_ui/button';
import { Confirm, Dialog } from '../../_ui/dialog';
import { Field, Input } from '../../_ui/field';
import { useWorkspace } from '../../_ui/workspace';
import { useConversations } from './conversations';

interface Props {
  conversation: ConversationSummary | null;
  onClose(): void;
}

export function RenameConversation({ conversation, onClose }: Props) {
  const { api } = useWorkspace();
  const { refresh } = useConversations();
  const [title, setTitle] = useState('');
  const [error, setError] = useState<string>();
  const [busy, setBusy] = useState(false);
  useEffect(() => {
    setTitle(conversation?.title ?? '');
    setError(undefined);
  }, [conversation]);

  const save = async (event: FormEvent) => {
    event.preventDefault();
    if (!conversation) return;
    setBusy(true);
    try {
      await api.json(`/api/conversations/${conversation.id}`, { method: 'PATCH', body: { title } });
      await refresh();
      onClose();
    } catch (cause) {
      setError(toApiError(cause).message);
    } finally {
      setBusy(false);
    }
  };

  return (
    <Dialog open={conversation !== null} onOpenChange={(open) => !open && onClose()} title="Rename conversation">
      <form onSubmit={save} className="mt-4 flex flex-col gap-5">
        <Field label="Title" error={error}>
          {(field) => <Input {...field} value={title} maxLength={200} onChange={(event) => setTitle(event.target.value)} />}
        </Field>
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" look="primary" busy={busy} disabled={title.trim() === ''}>
            Rename
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

export function DeleteConversation({ conversation, onClose }: Props) {
  const { api, path } = useWorkspace();
  const router = useRouter();
  const { refresh, openId, startNew } = useConversations();
  const [busy, setBusy] = useState(false);

  const remove = async () => {
    if (!conversation) return;
    setBusy(true);
    try {
      await api.json(`/api/conversations/${conversation.id}`, { method: 'DELETE' });
      onClose();
      if (openId === conversation.id) {
        startNew();
        router.push(path('/ask'));
      }
      await refresh();
    } catch (cause) {
      toast.error('The conversation was not deleted', { description: toApiError(cause).message });
    } finally {
      setBusy(false);
    }
  };

  return (
    <Confirm
      open={conversation !== null}
      onOpenChange={(open) => !open && onClose()}
      title="Delete this conversation?"
      description={
        <>
          <span className="font-medium text-ink">{conversation?.title}</span> and its answers are removed. This can’t be taken
          back.
        </>
      }
      action="Delete"
      busy={busy}
      onConfirm={remove}
    />
  );
}
