export interface PostgresCommand {
  postgres: string;
  initdb: string;
  /** For spawn: the user that PostgreSQL runs as, when this process is root. */
  identity: { uid?: number; gid?: number };
  /** Who must own the data folder, when this process is root. */
  owner?: { uid: number; gid: number };
  /** Program and first arguments that run a program of PostgreSQL. */
  wrap(program: string): [string, ...string[]];
}
export function postgresCommand(home: string): Promise<PostgresCommand>;
