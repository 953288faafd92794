/**
 * Owns identity and rights: who is calling (session or token), in which organisation, with which permissions; and the door
 * through which every route, page and job enters. Promises that nothing is remembered between requests: a revoked session, a
 * removed member or a changed role acts on the next request of every instance.
 */
export type { Ctx, Principal } from './context';
export { cookieNames } from './cookies';
export { describeError, type PublicSpec, publicRoute, type RouteHandler, type RouteSpec, route } from './door';
export type { Identity, Place } from './identity';
export { jobContext, requirePermission } from './make-context';
export { authRoute } from './next-auth';
export { findVisitor, page } from './page';
export { checkPassword, hashPassword } from './passwords';
export { isRoleName, type Permission, ROLES, type RoleName } from './permissions';
export { takeRateLimit } from './rate-limit';
export { revokeOwnSessions, type SessionStats, sessionStats, sweepSessions } from './sessions';
export { createToken, createTokenFor, listTokens, revokeToken, type TokenSummary } from './tokens';
export { shapeUnroutedAnswers } from './unrouted';
