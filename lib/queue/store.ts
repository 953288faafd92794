import { Prisma, systemDb } from '../db';
import type { Clock } from '../kernel/clock';
import { newId } from '../kernel/ids';
import { QUESTION, type WorkflowError, type WorkflowStatus } from './schema';

const { sql } = Prisma;

/** A workflow as a worker sees it. */
export interface WorkflowRow {
  id: string;
  organizationId: string | null;
  kind: string;
  data: unknown;
  attempt: number;
  maxAttempts: number;
}

export interface NewWorkflow {
  /** Drawn when absent. */
  id?: string;
  /** null: the installation's. */
  organizationId: string | null;
  kind: string;
  data: unknown;
  maxAttempts: number;
  delayMs?: number;
  activeKey?: string;
  onceKey?: string;
  requestedById?: string;
}

/** A change in a workflow's history. `at` is a moment of this process's clock; absent: when the statement runs. */
export interface WorkflowNote {
  status: string;
  step: string;
  detail?: Record<string, unknown>;
  at?: Date;
}

/** What the queue is told of a row that waits. */
export interface Waiting {
  id: string;
  kind: string;
  attempt: number;
  delayMs: number;
}

/** A run's sign of life, with what happened since the last one. */
export interface Pulse {
  id: string;
  attempt: number;
  step: string;
  notes: WorkflowNote[];
}

export type Ending =
  | { kind: 'completed'; result: unknown }
  | { kind: 'failed'; error: WorkflowError }
  | { kind: 'retry'; error: WorkflowError; delayMs: number }
  /** Put back by a process that stops: this attempt doesn't count. */
  | { kind: 'back' };

/**
 * Every statement on workflows. Each is one round trip which changes rows and writes their history together, so that a crash at any
 * point leaves both or neither. Time is the database's, so that machines whose clocks differ agree on who is silent; tests pass their own.
 */
export class WorkflowStore {
  readonly #clock: Clock | undefined;

  constructor(clock?: Clock) {
    this.#clock = clock;
  }

  get #now(): Prisma.Sql {
    return this.#clock ? sql`${this.#clock.date()}::timestamptz` : sql`clock_timestamp()`;
  }

  /** Appends notes to the history of each row of the CTE `changed`; every detail gets the attempt. */
  #noting(notes: Prisma.Sql): Prisma.Sql {
    return sql`noted AS (
      INSERT INTO workflow_events ("id", "organizationId", "installation", "workflowId", "status", "step", "detail", "at")
      SELECT gen_random_uuid(), c."organizationId", c."installation", c."id", e.value->>'status', coalesce(e.value->>'step', ''),
        jsonb_build_object('attempt', c."attempt") || coalesce(e.value->'detail', '{}'), coalesce((e.value->>'at')::timestamptz, ${this.#now})
      FROM changed c, LATERAL jsonb_array_elements(${notes}) WITH ORDINALITY AS e(value, position)
      ORDER BY c."id", e.position
    )`;
  }

  /**
   * Adds a workflow that waits, unless one with its activeKey is unfinished or its onceKey was ever used.
   * @returns its id, or the id of the one that is there; null when the onceKey was used
   */
  async add(workflow: NewWorkflow): Promise<{ id: string; created: boolean } | null> {
    const { organizationId, kind, data, maxAttempts, delayMs = 0 } = workflow;
    for (let tries = 0; tries < 5; tries += 1) {
      const id = workflow.id ?? newId();
      const rows = await systemDb().$queryRaw<{ id: string }[]>(sql`
        WITH changed AS (
          INSERT INTO workflows ("id", "organizationId", "installation", "kind", "data", "maxAttempts", "activeKey", "onceKey",
            "requestedById", "runAt", "createdAt")
          VALUES (${id}::uuid, ${organizationId}::uuid, ${organizationId === null}, ${kind}, ${JSON.stringify(data)}::jsonb, ${maxAttempts},
            ${workflow.activeKey ?? null}, ${workflow.onceKey ?? null}, ${workflow.requestedById ?? null}::uuid,
            ${this.#now} + ${delayMs} * interval '1 millisecond', ${this.#now})
          ON CONFLICT DO NOTHING RETURNING *
        ), ${this.#noting(json([{ status: 'pending', step: '' }]))}
        SELECT "id" FROM changed`);
      if (rows[0]) return { id: rows[0].id, created: true };
      const found = await systemDb().workflow.findFirst({
        where: {
          OR: [
            ...(workflow.activeKey ? [{ activeKey: workflow.activeKey }] : []),
            ...(workflow.onceKey ? [{ onceKey: workflow.onceKey }] : []),
          ],
        },
        select: { id: true },
      });
      if (found) return workflow.onceKey ? null : { id: found.id, created: false };
      // The one in the way has just ended: the key is free now.
    }
    return null;
  }

  /** Adds a workflow that runs from the start, such as a question: there is nobody to wait for. */
  async begin(workflow: NewWorkflow & { id: string }, workerId: string, step: string): Promise<void> {
    const { id, organizationId, kind, data, requestedById } = workflow;
    await systemDb().$executeRaw(sql`
      WITH changed AS (
        INSERT INTO workflows ("id", "organizationId", "installation", "kind", "status", "step", "data", "attempt", "maxAttempts",
          "requestedById", "workerId", "heartbeatAt", "startedAt", "runAt", "createdAt")
        VALUES (${id}::uuid, ${organizationId}::uuid, ${organizationId === null}, ${kind}, 'running', ${step}, ${JSON.stringify(data)}::jsonb,
          1, 1, ${requestedById ?? null}::uuid, ${workerId}, ${this.#now}, ${this.#now}, ${this.#now}, ${this.#now})
        RETURNING *
      ), ${this.#noting(
        json([
          { status: 'pending', step: '' },
          { status: 'running', step: '' },
        ]),
      )}
      SELECT 1`);
  }

  /**
   * Takes one waiting row, fairly: of the organisation which has the fewest running, then of the one that was served longest ago, then
   * the oldest. Rows that another process is taking are passed over.
   */
  async claim(kinds: string[], workerId: string): Promise<WorkflowRow | null> {
    const rows = await systemDb().$queryRaw<WorkflowRow[]>(sql`
      WITH due AS (
        SELECT "id", "organizationId", "runAt", row_number() OVER (PARTITION BY "organizationId" ORDER BY "runAt", "createdAt", "id") AS place
        FROM workflows WHERE "status" = 'pending' AND "kind" = ANY(${kinds}) AND "runAt" <= ${this.#now}
      ), load AS (
        SELECT d."organizationId", count(*) FILTER (WHERE w."status" = 'running') AS running, max(w."startedAt") AS served
        FROM (SELECT DISTINCT "organizationId" FROM due) d JOIN workflows w ON w."organizationId" IS NOT DISTINCT FROM d."organizationId"
        WHERE w."kind" = ANY(${kinds}) AND w."createdAt" > ${this.#now} - interval '1 hour'
        GROUP BY 1
      ), first AS (
        SELECT d."id", d."place" + coalesce(l."running", 0) AS turn, l."served", d."runAt"
        FROM due d LEFT JOIN load l ON l."organizationId" IS NOT DISTINCT FROM d."organizationId"
        WHERE d."place" <= 50
        ORDER BY turn, l."served" NULLS FIRST, d."runAt", d."id" LIMIT 50
      ), taken AS (
        SELECT w."id" FROM workflows w JOIN first f ON f."id" = w."id" WHERE w."status" = 'pending'
        ORDER BY f."turn", f."served" NULLS FIRST, f."runAt", f."id" LIMIT 1 FOR UPDATE OF w SKIP LOCKED
      ), changed AS (
        UPDATE workflows w SET "status" = 'running', "attempt" = w."attempt" + 1, "workerId" = ${workerId}, "heartbeatAt" = ${this.#now},
          "startedAt" = ${this.#now}, "finishedAt" = NULL, "step" = ''
        FROM taken WHERE w."id" = taken."id" RETURNING w.*
      ), ${this.#noting(json([{ status: 'running', step: '', detail: { worker: workerId } }]))}
      SELECT "id", "organizationId", "kind", "data", "attempt", "maxAttempts" FROM changed`);
    return rows[0] ?? null;
  }

  /** Renews leases and writes what happened. @returns the runs that are still this worker's, and whether somebody asked for their end */
  async beat(workerId: string, pulses: Pulse[]): Promise<{ id: string; cancelled: boolean }[]> {
    return systemDb().$queryRaw<{ id: string; cancelled: boolean }[]>(sql`
      WITH given AS (
        SELECT * FROM jsonb_to_recordset(${json(pulses)}) AS g("id" uuid, "attempt" int, "step" text, "notes" jsonb)
      ), changed AS (
        UPDATE workflows w SET "heartbeatAt" = ${this.#now}, "step" = g."step" FROM given g
        WHERE w."id" = g."id" AND w."attempt" = g."attempt" AND w."workerId" = ${workerId} AND w."status" = 'running'
        RETURNING w.*, g."notes"
      ), ${this.#noting(sql`c."notes"`)}
      SELECT "id", "cancelledAt" IS NOT NULL AS cancelled FROM changed`);
  }

  /** Ends an attempt. @returns false when it is no longer this worker's: another one has it, and nothing was written */
  async end(workerId: string, { id, attempt, step, notes }: Pulse, ending: Ending): Promise<boolean> {
    const now = this.#now;
    const changes = {
      completed: () => {
        const { result } = ending as Extract<Ending, { kind: 'completed' }>;
        return sql`"status" = 'completed', "result" = ${json(result ?? null)}, "error" = NULL, "finishedAt" = ${now}, "activeKey" = NULL`;
      },
      failed: () => {
        const { error } = ending as Extract<Ending, { kind: 'failed' }>;
        return sql`"status" = 'failed', "error" = ${json(error)}, "finishedAt" = ${now}, "activeKey" = NULL`;
      },
      retry: () => {
        const { error, delayMs } = ending as Extract<Ending, { kind: 'retry' }>;
        return sql`"status" = 'pending', "error" = ${json(error)}, "runAt" = ${now} + ${delayMs} * interval '1 millisecond',
          "deliveredAt" = NULL, "workerId" = NULL, "heartbeatAt" = NULL`;
      },
      back: () => sql`"status" = 'pending', "maxAttempts" = "maxAttempts" + 1, "runAt" = ${now}, "deliveredAt" = NULL, "workerId" = NULL,
        "heartbeatAt" = NULL`,
    }[ending.kind]();
    const changed = await systemDb().$queryRaw<{ id: string }[]>(sql`
      WITH changed AS (
        UPDATE workflows SET ${changes}, "step" = ${step}
        WHERE "id" = ${id}::uuid AND "attempt" = ${attempt} AND "workerId" = ${workerId} AND "status" = 'running' RETURNING *
      ), ${this.#noting(json([...notes, ...lastNotes(step, ending)]))}
      SELECT "id" FROM changed`);
    return changed.length === 1;
  }

  /**
   * Rows whose worker has been silent for too long: each attempt failed, and is made again unless it was the last or was to end anyway.
   * @returns how many, and how many of them were questions
   */
  async recover(leaseMs: number): Promise<{ count: number; questions: number }> {
    const lost: WorkflowError = {
      code: 'job.lost',
      message: 'The process that ran it stopped answering.',
    };
    const again = sql`w."attempt" < w."maxAttempts" AND w."cancelledAt" IS NULL`;
    const rows = await systemDb().$queryRaw<{ kind: string }[]>(sql`
      WITH lost AS (
        SELECT "id" FROM workflows WHERE "status" = 'running' AND "heartbeatAt" < ${this.#now} - ${leaseMs} * interval '1 millisecond'
        ORDER BY "heartbeatAt" LIMIT 500 FOR UPDATE SKIP LOCKED
      ), changed AS (
        UPDATE workflows w SET "error" = ${json(lost)}, "workerId" = NULL, "heartbeatAt" = NULL, "deliveredAt" = NULL, "runAt" = ${this.#now},
          "status" = CASE WHEN ${again} THEN 'pending' ELSE 'failed' END,
          "finishedAt" = CASE WHEN ${again} THEN NULL ELSE ${this.#now} END,
          "activeKey" = CASE WHEN ${again} THEN w."activeKey" END
        FROM lost WHERE w."id" = lost."id" RETURNING w.*
      ), ${this.#noting(sql`jsonb_build_array(jsonb_build_object('status', 'failed', 'step', c."step", 'detail', ${json({ error: lost })}))
        || CASE WHEN c."status" = 'pending' THEN '[{"status": "pending"}]'::jsonb ELSE '[]' END`)}
      SELECT "kind" FROM changed`);
    return { count: rows.length, questions: rows.filter(({ kind }) => kind === QUESTION).length };
  }

  /**
   * Ends rows of a kind that this version doesn't know, such as after a roll-back: completed, with a warning in their history. Not
   * before they waited for the grace: while versions change, a process of the newer one takes them.
   */
  async endUnknown(kinds: string[], graceMs: number): Promise<{ id: string; kind: string }[]> {
    const warning = { warning: 'This version of Quarry has no such job; nothing was done.' };
    return systemDb().$queryRaw<{ id: string; kind: string }[]>(sql`
      WITH strange AS (
        SELECT "id" FROM workflows
        WHERE "status" = 'pending' AND "kind" <> ALL(${kinds}) AND "runAt" < ${this.#now} - ${graceMs} * interval '1 millisecond'
        LIMIT 500 FOR UPDATE SKIP LOCKED
      ), changed AS (
        UPDATE workflows w SET "status" = 'completed', "result" = ${json(warning)}, "finishedAt" = ${this.#now}, "activeKey" = NULL
        FROM strange WHERE w."id" = strange."id" RETURNING w.*
      ), ${this.#noting(json([{ status: 'completed', step: '', detail: warning }]))}
      SELECT "id", "kind" FROM changed`);
  }

  /** Waiting rows that the queue doesn't have, or has had for so long that it may have lost them; oldest first. */
  async undelivered(kinds: string[], redeliverMs: number): Promise<Waiting[]> {
    const old = sql`${this.#now} - ${redeliverMs} * interval '1 millisecond'`;
    return systemDb().$queryRaw<Waiting[]>(sql`
      SELECT "id", "kind", "attempt", greatest(0, extract(epoch FROM "runAt" - ${this.#now}) * 1000)::float8 AS "delayMs"
      FROM workflows
      WHERE "status" = 'pending' AND "kind" = ANY(${kinds}) AND ("deliveredAt" IS NULL OR ("deliveredAt" < ${old} AND "runAt" < ${old}))
      ORDER BY "runAt" LIMIT 500`);
  }

  async markDelivered(ids: string[]): Promise<void> {
    await systemDb().$executeRaw(
      sql`UPDATE workflows SET "deliveredAt" = ${this.#now} WHERE "id" = ANY(${ids}::uuid[]) AND "status" = 'pending'`,
    );
  }

  /**
   * Asks for a workflow's end. One that waits ends at once; one that runs is told by its next heartbeat.
   * @returns its status now; null when it isn't the organisation's or has ended
   */
  async cancel(organizationId: string, id: string, by: string): Promise<'failed' | 'running' | null> {
    const error: WorkflowError = { code: 'job.cancelled', message: `${by} cancelled it.` };
    const rows = await systemDb().$queryRaw<{ status: 'failed' | 'running' }[]>(sql`
      WITH changed AS (
        UPDATE workflows SET "cancelledAt" = ${this.#now},
          "status" = CASE "status" WHEN 'pending' THEN 'failed' ELSE "status" END,
          "error" = CASE "status" WHEN 'pending' THEN ${json(error)} ELSE "error" END,
          "finishedAt" = CASE "status" WHEN 'pending' THEN ${this.#now} ELSE "finishedAt" END,
          "activeKey" = CASE "status" WHEN 'pending' THEN NULL ELSE "activeKey" END
        WHERE "id" = ${id}::uuid AND "organizationId" = ${organizationId}::uuid AND "status" IN ('pending', 'running') RETURNING *
      ), ${this.#noting(sql`jsonb_build_array(jsonb_build_object('status', c."status", 'step', c."step", 'detail', ${json({ by, error })}))`)}
      SELECT "status" FROM changed`);
    return rows[0]?.status ?? null;
  }

  /**
   * Lets a failed workflow wait again, with fresh attempts.
   * @returns how often it was begun; null when it isn't a failed one of the organisation
   * @throws the driver's error 23505 when another one with the key is unfinished
   */
  async again(
    organizationId: string,
    id: string,
    attempts: number,
    by: string,
    activeKey: string | null,
  ): Promise<number | null> {
    const rows = await systemDb().$queryRaw<{ attempt: number }[]>(sql`
      WITH changed AS (
        UPDATE workflows SET "status" = 'pending', "maxAttempts" = "attempt" + ${attempts}, "activeKey" = ${activeKey}, "cancelledAt" = NULL,
          "error" = NULL, "finishedAt" = NULL, "deliveredAt" = NULL, "workerId" = NULL, "heartbeatAt" = NULL, "runAt" = ${this.#now}, "step" = ''
        WHERE "id" = ${id}::uuid AND "organizationId" = ${organizationId}::uuid AND "status" = 'failed' RETURNING *
      ), ${this.#noting(json([{ status: 'pending', step: '', detail: { by } }]))}
      SELECT "attempt" FROM changed`);
    return rows[0]?.attempt ?? null;
  }

  /** The newest of the installation's workflows of each kind. */
  async lastRuns(kinds: string[]): Promise<Map<string, { status: WorkflowStatus; at: string }>> {
    const rows = await systemDb().$queryRaw<{ kind: string; status: WorkflowStatus; at: Date }[]>(sql`
      SELECT k.kind, w."status", coalesce(w."finishedAt", w."startedAt", w."createdAt") AS at
      FROM unnest(${kinds}::text[]) AS k(kind), LATERAL (
        SELECT * FROM workflows WHERE "organizationId" IS NULL AND "kind" = k.kind ORDER BY "createdAt" DESC LIMIT 1
      ) w`);
    return new Map(rows.map(({ kind, status, at }) => [kind, { status, at: at.toISOString() }]));
  }

  /**
   * Removes ended workflows with their histories: all after `keepMs`, and the installation's that went well after a day.
   * @returns how many
   */
  async clean(keepMs: number, installationKeepMs: number): Promise<number> {
    let total = 0;
    for (;;) {
      const rows = await systemDb().$queryRaw<{ n: number }[]>(sql`
        WITH old AS (
          SELECT "id" FROM workflows
          WHERE "status" IN ('completed', 'failed') AND ("finishedAt" < ${this.#now} - ${keepMs} * interval '1 millisecond'
            OR ("installation" AND "status" = 'completed' AND "finishedAt" < ${this.#now} - ${installationKeepMs} * interval '1 millisecond'))
          LIMIT 5000 FOR UPDATE SKIP LOCKED
        ), events AS (
          DELETE FROM workflow_events e USING old WHERE e."workflowId" = old."id" AND e."installation"
        ), gone AS (DELETE FROM workflows w USING old WHERE w."id" = old."id" RETURNING 1)
        SELECT count(*)::int AS n FROM gone`);
      total += rows[0]?.n ?? 0;
      if ((rows[0]?.n ?? 0) < 5000) return total;
    }
  }
}

/** A value as a jsonb parameter. */
const json = (value: unknown) => sql`${JSON.stringify(value)}::jsonb`;

function lastNotes(step: string, ending: Ending): WorkflowNote[] {
  switch (ending.kind) {
    case 'completed':
      return [{ status: 'completed', step }];
    case 'failed':
      return [{ status: 'failed', step, detail: { error: ending.error } }];
    case 'retry':
      return [
        { status: 'failed', step, detail: { error: ending.error } },
        { status: 'pending', step: '', detail: { delayMs: Math.round(ending.delayMs) } },
      ];
    case 'back':
      return [{ status: 'pending', step: '', detail: { reason: 'The process that ran it is stopping.' } }];
  }
}
