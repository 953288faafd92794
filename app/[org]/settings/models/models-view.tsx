'use client';

import { Cpu, MoreHorizontal, Pencil, Plus, Trash2 } from 'lucide-react';
import { useRouter } from 'next/navigation';
import { useState } from 'react';
import { toast } from 'sonner';
import type { ModelProviderView } from '@/lib/agent/schema';
import { toApiError } from '../../../_ui/api';
import { Button } from '../../../_ui/button';
import { Chip } from '../../../_ui/chip';
import { Confirm } from '../../../_ui/dialog';
import { Menu, MenuContent, MenuItem, MenuTrigger } from '../../../_ui/menu';
import { useWorkspace } from '../../../_ui/workspace';
import { Section } from '../section';
import { ProviderDialog } from './provider-dialog';
import { useProviderTest } from './provider-test';

export function ModelsView({ providers }: { providers: ModelProviderView[] }) {
  const { api } = useWorkspace();
  const router = useRouter();
  const [editing, setEditing] = useState<ModelProviderView | 'new' | null>(null);
  const [removing, setRemoving] = useState<ModelProviderView | null>(null);
  const [busy, setBusy] = useState(false);
  const remove = async () => {
    if (!removing) return;
    setBusy(true);
    try {
      await api.json(`/api/model-providers/${removing.id}`, { method: 'DELETE' });
      setRemoving(null);
      router.refresh();
    } catch (cause) {
      toast.error('The provider was not removed', { description: toApiError(cause).message });
    }
    setBusy(false);
  };
  return (
    <Section
      title="Models"
      about="Questions are answered by the built-in planner, which needs no model and sends nothing anywhere. Add a model to understand freer questions; it sees table names, columns and samples, never credentials."
      action={
        <Button look="primary" size="sm" onClick={() => setEditing('new')}>
          <Plus className="size-4" aria-hidden="true" />
          Add provider
        </Button>
      }
    >
      <ul className="divide-y rounded-lg border bg-raised">
        {providers.map((provider, index) => (
          <ProviderRow
            key={provider.id}
            provider={provider}
            first={index === 0}
            onEdit={() => setEditing(provider)}
            onRemove={() => setRemoving(provider)}
          />
        ))}
        <li className="flex items-center gap-3 px-3 py-3 md:px-4">
          <span className="grid size-8 shrink-0 place-items-center rounded-md bg-accent-soft text-accent-ink">
            <Cpu className="size-4" aria-hidden="true" />
          </span>
          <div className="min-w-0 flex-1">
            <p className="font-medium text-ink">Built-in planner</p>
            <p className="text-ink-3 text-xs">Deterministic, on this machine, explains itself.</p>
          </div>
          {providers.some((provider) => provider.enabled) ? (
            <Chip>When no provider is set up</Chip>
          ) : (
            <Chip tone="success">In use</Chip>
          )}
        </li>
      </ul>
      <ProviderDialog provider={editing} count={providers.length} onClose={() => setEditing(null)} />
      <Confirm
        open={removing !== null}
        onOpenChange={(open) => !open && setRemoving(null)}
        title={`Remove ${removing?.name ?? ''}?`}
        description="Its key is forgotten. Questions go to the next provider, or to the built-in planner."
        action="Remove"
        busy={busy}
        onConfirm={remove}
      />
    </Section>
  );
}

interface RowProps {
  provider: ModelProviderView;
  first: boolean;
  onEdit(): void;
  onRemove(): void;
}

function ProviderRow({ provider, first, onEdit, onRemove }: RowProps) {
  const { test, testing } = useProviderTest();
  const models = [...new Set([provider.models.balanced, provider.models.fast, provider.models.complex].filter(Boolean))];
  return (
    <li className="flex items-center gap-3 px-3 py-2.5 md:px-4">
      <div className="min-w-0 flex-1">
        <p className="flex flex-wrap items-center gap-2">
          <span className="truncate font-medium text-ink" title={provider.name}>
            {provider.name}
          </span>
          {provider.enabled ? first ? <Chip tone="success">Asked first</Chip> : null : <Chip>Off</Chip>}
        </p>
        <p className="truncate text-ink-3 text-xs" title={`${models.join(', ')} at ${provider.baseUrl}`}>
          {models.join(', ')} · {provider.baseUrl}
          {provider.hasKey ? ' · key set' : ''}
        </p>
      </div>
      <Button size="sm" busy={testing} onClick={() => test({ id: provider.id })}>
        Test
      </Button>
      <Menu>
        <MenuTrigger asChild>
          <Button look="ghost" size="icon-sm" aria-label={`More for ${provider.name}`}>
            <MoreHorizontal className="size-4" aria-hidden="true" />
          </Button>
        </MenuTrigger>
        <MenuContent align="end">
          <MenuItem onSelect={onEdit}>
            <Pencil aria-hidden="true" />
            Edit
          </MenuItem>
          <MenuItem danger onSelect={onRemove}>
            <Trash2 aria-hidden="true" />
            Remove
          </MenuItem>
        </MenuContent>
      </Menu>
    </li>
  );
}
