/**
 * The built-in planner: a question in plain language to a typed plan and its SQL or pipeline, without a model and without I/O.
 * Owns linking (words to tables, columns, values), the grammar of questions, join trees, plans, rendering and explanations.
 * Promises: deterministic; every name in a statement comes from the catalogue; what isn't understood is declined with a reason.
 */
export { type LinkedTables, linkTables } from './link-tables';
export type { PlanInput } from './plan-question';
export { planOnce as planQuestion } from './plan-question';
export { createPlannerModel, type PlannerContext } from './planner-model';
export type {
  ColumnProfile,
  ColumnRef,
  Condition,
  Expression,
  GlossaryTerm,
  Plan,
  PlannedQuery,
  PlanOutcome,
  ValueIndex,
  ValueMatch,
} from './schema';
export { plannedQuerySchema } from './schema';
export { suggestQuestions } from './suggest';
export { buildValueIndex } from './value-index';
