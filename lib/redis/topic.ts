import type { ZodType } from 'zod';

/** A kind of message that processes tell each other. */
export interface Topic<T> {
  name: string;
  schema: ZodType<T>;
}

export type Listener<T> = (message: T, from: { own: boolean }) => void | Promise<void>;

/**
 * @param name noun.verb, the same in every process
 * @param schema what a message must look like; one that doesn't (another version's) is dropped with a warning
 */
export function defineTopic<T>(name: string, schema: ZodType<T>): Topic<T> {
  return { name, schema };
}
