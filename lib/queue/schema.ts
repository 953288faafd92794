/** Words of workflows, browser-safe. */
import { z } from 'zod';

export const workflowStatuses = ['pending', 'running', 'completed', 'failed'] as const;
export const workflowStatusSchema = z.enum(workflowStatuses);
export type WorkflowStatus = z.infer<typeof workflowStatusSchema>;

/** The kind of a question's workflow; all other kinds are names of jobs. */
export const QUESTION = 'question';

/** Why an attempt failed: a stable code and a sentence for a person. */
export interface WorkflowError {
  code: string;
  message: string;
}
