'use client';

import { Copy } from 'lucide-react';
import { useRouter } from 'next/navigation';
import { type FormEvent, useState } from 'react';
import { toast } from 'sonner';
import type { TokenSummary } from '@/lib/access';
import { PERMISSIONS, type Permission } from '@/lib/access/permissions';
import { type ApiError, toApiError } from '../../../_ui/api';
import { Button } from '../../../_ui/button';
import { copyText } from '../../../_ui/clipboard';
import { Dialog } from '../../../_ui/dialog';
import { Checkbox, Field, Input } from '../../../_ui/field';
import { Notice } from '../../../_ui/notice';
import { Segmented } from '../../../_ui/segmented';
import { Select } from '../../../_ui/select';
import { useWorkspace } from '../../../_ui/workspace';

const DAY_MS = 86_400_000;
const LIVES = [
  { value: '30', label: '30 days' },
  { value: '90', label: '90 days' },
  { value: '365', label: 'A year' },
  { value: 'never', label: 'Without end' },
];

export function CreateToken({ open, onClose }: { open: boolean; onClose(): void }) {
  const [token, setToken] = useState<string | null>(null);
  const router = useRouter();
  const close = () => {
    if (token) router.refresh();
    setToken(null);
    onClose();
  };
  return (
    <Dialog open={open} onOpenChange={(next) => !next && close()} title={token ? 'Copy your token' : 'Create token'}>
      {token ? <Once token={token} onDone={close} /> : open ? <Form onMade={setToken} onCancel={close} /> : null}
    </Dialog>
  );
}

function Once({ token, onDone }: { token: string; onDone(): void }) {
  return (
    <div className="mt-3 flex flex-col gap-4">
      <Notice tone="warning">This is the only time it is shown. Keep it where you keep passwords.</Notice>
      <div className="flex items-center gap-2 rounded-md border border-line-2 bg-sunken py-1.5 pr-1.5 pl-3">
        <code className="min-w-0 flex-1 select-all break-all font-mono text-[12px] text-ink">{token}</code>
        <Button
          size="sm"
          look="primary"
          onClick={async () => {
            if (await copyText(token)) toast.success('Token copied');
          }}
        >
          <Copy className="size-3.5" aria-hidden="true" />
          Copy
        </Button>
      </div>
      <div className="flex justify-end">
        <Button onClick={onDone}>Done</Button>
      </div>
    </div>
  );
}

function Form({ onMade, onCancel }: { onMade(token: string): void; onCancel(): void }) {
  const { api, permissions } = useWorkspace();
  const [life, setLife] = useState('90');
  const [reach, setReach] = useState<'all' | 'some'>('all');
  const [error, setError] = useState<ApiError | null>(null);
  const [busy, setBusy] = useState(false);

  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const scopes = reach === 'some' ? form.getAll('scope').map(String) : [];
    if (reach === 'some' && scopes.length === 0) {
      toast.error('Choose at least one permission');
      return;
    }
    setBusy(true);
    setError(null);
    try {
      const made = await api.json<TokenSummary & { token: string }>('/api/tokens', {
        method: 'POST',
        body: {
          name: String(form.get('name')),
          ...(scopes.length > 0 ? { scopes } : {}),
          expiresAt: life === 'never' ? null : new Date(Date.now() + Number(life) * DAY_MS).toISOString(),
        },
      });
      onMade(made.token);
    } catch (cause) {
      setError(toApiError(cause));
      setBusy(false);
    }
  };

  return (
    <form onSubmit={submit} className="mt-4 flex flex-col gap-4">
      {error ? <Notice tone="danger" live title={error.message} /> : null}
      <Field label="Name" hint="What will use it.">
        {(field) => <Input {...field} name="name" required maxLength={100} autoComplete="off" placeholder="Nightly report" />}
      </Field>
      <Field label="Works for">{(field) => <Select {...field} value={life} onValueChange={setLife} options={LIVES} />}</Field>
      <div className="flex flex-col gap-2">
        <span className="font-medium text-sm">Permissions</span>
        <Segmented
          aria-label="Permissions"
          className="self-start"
          value={reach}
          onValueChange={setReach}
          options={[
            { value: 'all', label: 'All of mine' },
            { value: 'some', label: 'Some' },
          ]}
        />
        {reach === 'some' ? <Scopes permissions={permissions} /> : null}
      </div>
      <div className="mt-1 flex justify-end gap-2">
        <Button onClick={onCancel}>Cancel</Button>
        <Button type="submit" look="primary" busy={busy}>
          Create token
        </Button>
      </div>
    </form>
  );
}

function Scopes({ permissions }: { permissions: Permission[] }) {
  return (
    <div className="scroll-thin grid max-h-56 gap-2 overflow-y-auto rounded-md border p-3">
      {permissions.map((permission) => (
        <Checkbox key={permission} name="scope" value={permission} label={permission} hint={PERMISSIONS[permission]} />
      ))}
    </div>
  );
}
