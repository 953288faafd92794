/**
 * Owns conversations: their messages, traces and snapshots. A conversation belongs to the person who started it; anybody else, of the
 * same organisation too, gets "not found". Promises that what was answered can be opened again as it was.
 */
export {
  clearConversation,
  createConversation,
  deleteConversation,
  findConversation,
  getConversation,
  listConversations,
  renameConversation,
  restoreMessage,
} from './conversations';
export {
  beginExchange,
  type Exchange,
  type ExchangeOutcome,
  failLostExchanges,
  findPendingChoice,
  finishExchange,
  listTurns,
  type PastTurn,
  type PendingChoice,
} from './messages';
