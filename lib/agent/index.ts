/**
 * Owns the way from a question to an answer: link, generate, validate, execute, check, answer, with at most three attempts, each after an
 * error analysis. Models only write queries; every query runs through lib/query with the caller's rights. Promises that each figure of
 * an answer comes from its rows, that a question costs one model call when nothing goes wrong, and that every step is kept.
 */
export { answerCacheFigures } from './answer-cache';
export { ask } from './ask';
export { describeTables } from './describe-tables';
export {
  createModelProvider,
  deleteModelProvider,
  describeModel,
  listModelProviders,
  testModelProvider,
  updateModelProvider,
} from './providers';
export { streamAnswer } from './stream-answer';
export { suggestQuestionsFor } from './suggestions';
export type { AskEvent, AskSink } from './trace';
