import type { Ctx } from '../access';
import { QuarryError } from '../kernel/errors';
import { isId } from '../kernel/ids';
import { getSource } from '../sources';
import { toMessageView } from './messages';
import type { ConversationSummary, ConversationView } from './schema';

const DEFAULT_PAGE = 30;

interface ConversationRow {
  id: string;
  title: string;
  dataSourceId: string | null;
  createdAt: Date;
  updatedAt: Date;
}

const toSummary = (row: ConversationRow): ConversationSummary => ({
  id: row.id,
  title: row.title,
  dataSourceId: row.dataSourceId,
  createdAt: row.createdAt.toISOString(),
  updatedAt: row.updatedAt.toISOString(),
});

/** Own conversations, most recently used first. `cursor` is the last answer's nextCursor; `query` looks into titles. */
export async function listConversations(
  ctx: Ctx,
  input: { query?: string; cursor?: string; limit?: number } = {},
): Promise<{ conversations: ConversationSummary[]; nextCursor: string | null }> {
  const limit = input.limit ?? DEFAULT_PAGE;
  const after = input.cursor ? readCursor(input.cursor) : null;
  const rows = await ctx.db.conversation.findMany({
    where: {
      userId: ctx.principal.userId,
      deletedAt: null,
      ...(input.query ? { title: { contains: literal(input.query), mode: 'insensitive' as const } } : {}),
      ...(after ? { OR: [{ updatedAt: { lt: after.updatedAt } }, { updatedAt: after.updatedAt, id: { lt: after.id } }] } : {}),
    },
    orderBy: [{ updatedAt: 'desc' }, { id: 'desc' }],
    take: limit + 1,
  });
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  const nextCursor =
    rows.length > limit && last ? Buffer.from(`${last.updatedAt.toISOString()}|${last.id}`).toString('base64url') : null;
  return { conversations: page.map(toSummary), nextCursor };
}

function readCursor(cursor: string): { updatedAt: Date; id: string } {
  const [time = '', id = ''] = Buffer.from(cursor, 'base64url').toString('utf8').split('|');
  const updatedAt = new Date(time);
  if (Number.isNaN(updatedAt.getTime()) || !isId(id)) {
    throw new QuarryError('input.invalid', 'The cursor is not one that Quarry gave out. Start from the first page.', {
      details: { field: 'cursor' },
    });
  }
  return { updatedAt, id };
}

/** @throws QuarryError not_found when the source isn't one of the organisation */
export async function createConversation(
  ctx: Ctx,
  input: { title?: string; dataSourceId?: string },
): Promise<ConversationSummary> {
  const source = input.dataSourceId ? await getSource(ctx, input.dataSourceId) : null;
  const row = await ctx.db.conversation.create({
    data: {
      organizationId: ctx.organization.id,
      userId: ctx.principal.userId,
      title: input.title ?? 'New conversation',
      dataSourceId: source?.id ?? null,
      environmentId: source?.environment.id ?? null,
    },
  });
  return toSummary(row);
}

/** Own, living conversation or null. */
export async function findConversation(ctx: Ctx, id: string): Promise<ConversationSummary | null> {
  if (!isId(id)) return null;
  const row = await ctx.db.conversation.findFirst({ where: { id, userId: ctx.principal.userId, deletedAt: null } });
  return row ? toSummary(row) : null;
}

async function getOwn(ctx: Ctx, id: string): Promise<ConversationSummary> {
  const found = await findConversation(ctx, id);
  if (!found) throw new QuarryError('not_found', 'There is no such conversation.');
  return found;
}

/** Prisma hands a text to LIKE as it is: `%`, `_` and the backslash would be wildcards. */
const literal = (text: string) => text.replace(/[\\%_]/g, '\\$&');

/** With its messages in order. @throws QuarryError not_found */
export async function getConversation(ctx: Ctx, id: string): Promise<ConversationView> {
  const conversation = await getOwn(ctx, id);
  const messages = await ctx.db.message.findMany({
    where: { conversationId: conversation.id },
    orderBy: { position: 'asc' },
    include: { snapshots: true },
  });
  return { ...conversation, messages: messages.map(toMessageView) };
}

/** @throws QuarryError not_found */
export async function renameConversation(ctx: Ctx, id: string, title: string): Promise<ConversationSummary> {
  await getOwn(ctx, id);
  return toSummary(await ctx.db.conversation.update({ where: { id }, data: { title } }));
}

/** A deleted conversation is gone for everybody at once. @throws QuarryError not_found */
export async function deleteConversation(ctx: Ctx, id: string): Promise<void> {
  await getOwn(ctx, id);
  await ctx.db.conversation.update({ where: { id }, data: { deletedAt: ctx.clock.date() } });
}

/** Removes every message, keeps the conversation. @throws QuarryError not_found */
export async function clearConversation(ctx: Ctx, id: string): Promise<ConversationView> {
  await getOwn(ctx, id);
  await ctx.db.message.deleteMany({ where: { conversationId: id } });
  return getConversation(ctx, id);
}

/**
 * Goes back to a message: it and the earlier ones count, the later ones are marked.
 * @throws QuarryError not_found
 */
export async function restoreMessage(ctx: Ctx, conversationId: string, messageId: string): Promise<ConversationView> {
  const conversation = await getConversation(ctx, conversationId);
  const message = isId(messageId)
    ? await ctx.db.message.findFirst({ where: { id: messageId, conversationId: conversation.id } })
    : null;
  if (!message) throw new QuarryError('not_found', 'There is no such message in this conversation.');
  await ctx.db.$transaction(async (tx) => {
    await tx.message.updateMany({
      where: { conversationId, position: { gt: message.position } },
      data: { supersededAt: ctx.clock.date() },
    });
    await tx.message.updateMany({ where: { conversationId, position: { lte: message.position } }, data: { supersededAt: null } });
  });
  return getConversation(ctx, conversationId);
}
