/** Runs once when the web server starts, before it answers anything. */
export async function register(): Promise<void> {
  const { startWorkers } = await import('./workers/main');
  startWorkers();
}
