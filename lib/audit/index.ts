/**
 * Owns the audit log: who did what, when, to what, with which outcome. Append-only; each event of an organisation carries the
 * hash of the one before, so that a change, a removal or a reordering is found by verifyAuditChain. Events never hold a secret.
 */
export { appendAudit, withAudit } from './append';
export { verifyAuditChain } from './verify';
