/** Runs once when the web server starts, before it answers anything. */
export async function register(): Promise<void> {
  // Next compiles this file for its edge runtime too, and drops the branch by this very expression (an early return isn't dropped).
  if (process.env.NEXT_RUNTIME === 'nodejs') {
    const { startWorkers } = await import('./workers/main');
    startWorkers();
    const { shapeUnroutedAnswers } = await import('./lib/access');
    shapeUnroutedAnswers();
  }
}
