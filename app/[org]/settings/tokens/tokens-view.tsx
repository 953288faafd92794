'use client';

import { KeyRound, Plus } from 'lucide-react';
import { useRouter } from 'next/navigation';
import { useState } from 'react';
import { toast } from 'sonner';
import type { TokenSummary } from '@/lib/access';
import { toApiError } from '../../../_ui/api';
import { Button } from '../../../_ui/button';
import { Chip } from '../../../_ui/chip';
import { Confirm } from '../../../_ui/dialog';
import { formatCount } from '../../../_ui/figures';
import { Empty } from '../../../_ui/notice';
import { RelativeTime } from '../../../_ui/relative-time';
import { useWorkspace } from '../../../_ui/workspace';
import { Section } from '../section';
import { CreateToken } from './create-token';

export function TokensView({ tokens }: { tokens: TokenSummary[] }) {
  const { api } = useWorkspace();
  const router = useRouter();
  const [creating, setCreating] = useState(false);
  const [revoking, setRevoking] = useState<TokenSummary | null>(null);
  const [busy, setBusy] = useState(false);
  const create = (
    <Button look="primary" size={tokens.length > 0 ? 'sm' : 'md'} onClick={() => setCreating(true)}>
      <Plus className="size-4" aria-hidden="true" />
      Create token
    </Button>
  );
  const revoke = async () => {
    if (!revoking) return;
    setBusy(true);
    try {
      await api.json(`/api/tokens/${revoking.id}`, { method: 'DELETE' });
      setRevoking(null);
      router.refresh();
    } catch (cause) {
      toast.error('The token still works', { description: toApiError(cause).message });
    }
    setBusy(false);
  };
  return (
    <Section
      title="Access tokens"
      about="For the command line and for programs. A token acts as you, in this organisation only, with at most your own permissions."
      action={tokens.length > 0 ? create : null}
    >
      {tokens.length === 0 ? (
        <Empty icon={<KeyRound aria-hidden="true" />} title="No token yet" action={create}>
          Create one to use Quarry from a terminal or a script.
        </Empty>
      ) : (
        <ul className="divide-y rounded-lg border bg-raised">
          {tokens.map((token) => (
            <li key={token.id} className="flex flex-wrap items-center gap-x-3 gap-y-1 px-3 py-2.5 md:px-4">
              <div className="min-w-0 flex-1">
                <p className="flex items-center gap-2">
                  <span className="truncate font-medium text-ink" title={token.name}>
                    {token.name}
                  </span>
                  {token.scopes.length > 0 ? <Chip>{formatCount(token.scopes.length, 'permission')}</Chip> : null}
                </p>
                <p className="truncate text-ink-3 text-xs">
                  <code className="font-mono">{token.prefix}…</code>
                </p>
              </div>
              <p className="text-right text-ink-3 text-xs">
                <span className="block">
                  {token.lastUsedAt ? (
                    <>
                      Used <RelativeTime at={token.lastUsedAt} />
                    </>
                  ) : (
                    'Never used'
                  )}
                </span>
                <span className="block">{token.expiresAt ? `Until ${token.expiresAt.slice(0, 10)}` : 'No end'}</span>
              </p>
              <Button size="sm" look="ghost" className="text-danger-ink!" onClick={() => setRevoking(token)}>
                Revoke
              </Button>
            </li>
          ))}
        </ul>
      )}
      <CreateToken open={creating} onClose={() => setCreating(false)} />
      <Confirm
        open={revoking !== null}
        onOpenChange={(open) => !open && setRevoking(null)}
        title={`Revoke ${revoking?.name ?? ''}?`}
        description="Whatever uses this token stops working at once. This can’t be taken back."
        action="Revoke"
        busy={busy}
        onConfirm={revoke}
      />
    </Section>
  );
}
