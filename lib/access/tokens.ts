import { systemDb } from '../db';
import type { Clock } from '../kernel/clock';
import { QuarryError } from '../kernel/errors';
import { newSecret } from '../kernel/ids';
import type { Ctx } from './context';
import { hashToken, TOKEN_PREFIX } from './identity';
import type { Permission } from './permissions';
import type { CreateTokenInput } from './schema';

export interface TokenSummary {
  id: string;
  name: string;
  /** The first characters, to tell tokens apart. */
  prefix: string;
  /** Empty: everything that its owner may do. */
  scopes: Permission[];
  expiresAt: string | null;
  lastUsedAt: string | null;
  createdAt: string;
}

interface TokenRow {
  id: string;
  name: string;
  prefix: string;
  scopes: string[];
  expiresAt: Date | null;
  lastUsedAt: Date | null;
  createdAt: Date;
}

function summarise(row: TokenRow): TokenSummary {
  return {
    id: row.id,
    name: row.name,
    prefix: row.prefix,
    scopes: row.scopes as Permission[],
    expiresAt: row.expiresAt?.toISOString() ?? null,
    lastUsedAt: row.lastUsedAt?.toISOString() ?? null,
    createdAt: row.createdAt.toISOString(),
  };
}

export interface TokenFor {
  organizationId: string;
  userId: string;
  name: string;
  scopes?: Permission[];
  expiresAt?: Date | null;
  clock: Clock;
}

/**
 * Makes a token for a person in an organisation, without asking who wants it: for set-up and the command line, which hold the
 * database anyway. Routes use `createToken`.
 * @returns the summary with the token's text, which is never shown again: only its SHA-256 is kept
 */
export async function createTokenFor(input: TokenFor): Promise<TokenSummary & { token: string }> {
  const token = `${TOKEN_PREFIX}${newSecret(32)}`;
  const row = await systemDb().accessToken.create({
    data: {
      organizationId: input.organizationId,
      userId: input.userId,
      name: input.name,
      tokenHash: hashToken(token),
      prefix: token.slice(0, 8),
      scopes: input.scopes ?? [],
      expiresAt: input.expiresAt ?? null,
      createdAt: input.clock.date(),
    },
  });
  return { ...summarise(row), token };
}

/**
 * Makes a token for the caller (H7).
 * @throws QuarryError access.denied for a scope that the caller hasn't, input.invalid for an end in the past
 */
export async function createToken(ctx: Ctx, input: CreateTokenInput): Promise<TokenSummary & { token: string }> {
  const foreign = input.scopes?.find((scope) => !ctx.permissions.has(scope));
  if (foreign) {
    throw new QuarryError('access.denied', `You can't give a token the permission ${foreign}, because you don't have it.`, {
      details: { permission: foreign },
    });
  }
  const expiresAt = input.expiresAt ? new Date(input.expiresAt) : null;
  if (expiresAt && expiresAt <= ctx.clock.date()) {
    throw new QuarryError('input.invalid', 'The token would have expired already. Give a date in the future.');
  }
  // "All of its owner's" is for people. What a limited token makes is spelled out, or it would outgrow its maker.
  const wanted = input.scopes?.length ? input.scopes : undefined;
  const scopes = wanted ?? (ctx.principal.kind === 'token' ? [...ctx.permissions] : []);
  return createTokenFor({
    organizationId: ctx.organization.id,
    userId: ctx.principal.userId,
    name: input.name,
    scopes,
    expiresAt,
    clock: ctx.clock,
  });
}

/** The caller's own living tokens in this organisation, newest first. */
export async function listTokens(ctx: Ctx): Promise<TokenSummary[]> {
  const rows = await ctx.db.accessToken.findMany({
    where: { userId: ctx.principal.userId, revokedAt: null },
    orderBy: { createdAt: 'desc' },
  });
  return rows.map(summarise);
}

/**
 * Revokes one of the caller's own tokens; the next request with it is refused.
 * @throws QuarryError not_found
 */
export async function revokeToken(ctx: Ctx, id: string): Promise<void> {
  const { count } = await ctx.db.accessToken.updateMany({
    where: { id, userId: ctx.principal.userId, revokedAt: null },
    data: { revokedAt: ctx.clock.date() },
  });
  if (count === 0) throw new QuarryError('not_found', 'You have no such token. It may have been revoked already.');
}
