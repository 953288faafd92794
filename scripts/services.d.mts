export const ROOT: string;
export function homeFolder(env?: Record<string, string | undefined>): string;
export function loadEnvironmentFile(): void;
export function ensureHome(home: string): void;
export function ensureSecrets(home: string): {
  masterKeyId: string;
  masterKey: string;
  authSecret: string;
  postgresPassword: string;
};
export function runningPostgres(home: string): { url: string; port: number; pid: number } | undefined;
export function startPostgres(options: {
  home: string;
  log?: (text: string) => void;
  settings?: Record<string, string>;
}): Promise<{ url: string; port: number; pid: number; joined: boolean; stop(): Promise<void> }>;
export function withDatabase<T>(work: (url: string) => Promise<T>, options?: { log?: (text: string) => void }): Promise<T>;
