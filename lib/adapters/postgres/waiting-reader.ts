/** The one reader of a result, who waits for what the socket brings. */
export class WaitingReader {
  private wakeUp: (() => void) | null = null;
  private scheduled = false;

  /** Resolves at the next wake-up. */
  wait(): Promise<void> {
    return new Promise((resolve) => {
      this.wakeUp = resolve;
    });
  }

  wake(): void {
    const { wakeUp } = this;
    this.wakeUp = null;
    wakeUp?.();
  }

  /** Once per chunk of the socket, so that a batch holds what has arrived together. */
  wakeSoon(): void {
    if (this.scheduled || this.wakeUp === null) return;
    this.scheduled = true;
    setImmediate(() => {
      this.scheduled = false;
      this.wake();
    });
  }
}
