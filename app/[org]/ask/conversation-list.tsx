'use client';

import { MoreHorizontal, Pencil, Search, SquarePen, Trash2, X } from 'lucide-react';
import Link from 'next/link';
import { useRouter } from 'next/navigation';
import { useState } from 'react';
import { toast } from 'sonner';
import type { ConversationSummary } from '@/lib/conversations/schema';
import { toApiError } from '../../_ui/api';
import { Button } from '../../_ui/button';
import { moveWithArrows } from '../../_ui/frame/arrow-list';
import { ListHeader } from '../../_ui/frame/place';
import { Menu, MenuContent, MenuItem, MenuTrigger } from '../../_ui/menu';
import { RelativeTime } from '../../_ui/relative-time';
import { Hint } from '../../_ui/tooltip';
import { useWorkspace } from '../../_ui/workspace';
import { DeleteConversation, RenameConversation } from './conversation-dialogs';
import { useConversations } from './conversations';

/** Conversations, newest first, with search, rename and delete. */
export function ConversationList() {
  const { path } = useWorkspace();
  const router = useRouter();
  const { conversations, nextCursor, search, setSearch, loadMore, startNew } = useConversations();
  const [renaming, setRenaming] = useState<ConversationSummary | null>(null);
  const [deleting, setDeleting] = useState<ConversationSummary | null>(null);
  return (
    <>
      <ListHeader title="Conversations">
        <Hint text="New question">
          <Button
            look="ghost"
            size="icon-sm"
            aria-label="New question"
            onClick={() => {
              startNew();
              router.push(path('/ask'));
            }}
          >
            <SquarePen className="size-4" aria-hidden="true" />
          </Button>
        </Hint>
      </ListHeader>
      <div className="px-2 pb-2">
        <SearchField value={search} onChange={setSearch} />
      </div>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: arrows move between the links inside, which are reachable without. */}
      <div className="scroll-thin min-h-0 flex-1 overflow-y-auto px-2 pb-3" onKeyDown={moveWithArrows}>
        {conversations.length === 0 ? <NoConversations searching={search.trim() !== ''} /> : null}
        <ul className="space-y-px">
          {conversations.map((item) => (
            <Item key={item.id} item={item} onRename={() => setRenaming(item)} onDelete={() => setDeleting(item)} />
          ))}
        </ul>
        {nextCursor ? (
          <Button
            look="ghost"
            size="sm"
            className="mt-1 w-full"
            onClick={() => loadMore().catch((error) => toast.error(toApiError(error).message))}
          >
            Show older
          </Button>
        ) : null}
      </div>
      <RenameConversation conversation={renaming} onClose={() => setRenaming(null)} />
      <DeleteConversation conversation={deleting} onClose={() => setDeleting(null)} />
    </>
  );
}

function SearchField({ value, onChange }: { value: string; onChange(text: string): void }) {
  return (
    <div className="relative">
      <Search className="pointer-events-none absolute top-2 left-2 size-4 text-ink-3 pointer-coarse:top-3" aria-hidden="true" />
      <input
        type="search"
        value={value}
        onChange={(event) => onChange(event.target.value)}
        placeholder="Search"
        aria-label="Search conversations"
        className="control w-full rounded-md border border-transparent bg-hover pr-8 pl-8 text-ink text-sm focus-visible:border-accent focus-visible:bg-raised focus-visible:outline-1 focus-visible:outline-offset-0 [&::-webkit-search-cancel-button]:hidden"
      />
      {value ? (
        <button
          type="button"
          aria-label="Clear search"
          onClick={() => onChange('')}
          className="absolute inset-y-0 right-0 grid w-8 place-items-center rounded-md text-ink-3 hover:text-ink"
        >
          <X className="size-4" aria-hidden="true" />
        </button>
      ) : null}
    </div>
  );
}

function NoConversations({ searching }: { searching: boolean }) {
  return (
    <p className="px-2 py-3 text-ink-3 text-sm">
      {searching ? 'No conversation matches.' : 'Your questions are kept here, with their answers.'}
    </p>
  );
}

function Item({ item, onRename, onDelete }: { item: ConversationSummary; onRename(): void; onDelete(): void }) {
  const { path, can } = useWorkspace();
  const { openId } = useConversations();
  return (
    <li className="group relative">
      <Link
        href={path(`/ask/${item.id}`)}
        data-item
        aria-current={openId === item.id ? 'page' : undefined}
        title={item.title}
        className="flex h-9 items-center gap-2 rounded-md pr-2 pl-2 text-ink-2 hover:bg-hover hover:text-ink aria-[current=page]:bg-active aria-[current=page]:font-medium aria-[current=page]:text-ink pointer-coarse:h-11 group-focus-within:pr-9 group-hover:pr-9"
      >
        <span className="min-w-0 flex-1 truncate">{item.title}</span>
        <RelativeTime
          at={item.updatedAt}
          short
          className="shrink-0 font-normal text-ink-3 text-xs group-focus-within:hidden group-hover:hidden"
        />
      </Link>
      {can('conversation.write') ? (
        <Menu>
          <MenuTrigger
            aria-label={`Rename or delete "${item.title}"`}
            className="absolute top-1 right-1 grid size-7 place-items-center rounded-md text-ink-3 opacity-0 hover:bg-active hover:text-ink focus-visible:opacity-100 group-hover:opacity-100 data-[state=open]:opacity-100"
          >
            <MoreHorizontal className="size-4" aria-hidden="true" />
          </MenuTrigger>
          <MenuContent align="end" className="min-w-36">
            <MenuItem onSelect={onRename}>
              <Pencil aria-hidden="true" />
              Rename
            </MenuItem>
            <MenuItem danger onSelect={onDelete}>
              <Trash2 aria-hidden="true" />
              Delete
            </MenuItem>
          </MenuContent>
        </Menu>
      ) : null}
    </li>
  );
}
