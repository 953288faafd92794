import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { projectRoot } from '../kernel/paths';

/**
 * A process of its own, for tests of what several instances of Quarry do together: it runs a file that answers each message of its
 * parent with one of its own, `{error}` when it failed, and ends when the parent disconnects.
 */
export class Instance<Request extends object, Reply extends { error?: string }> {
  readonly #child: ChildProcess;
  #waiting: ((reply: Reply) => void)[] = [];

  private constructor(child: ChildProcess) {
    this.#child = child;
    child.on('message', (reply) => this.#waiting.shift()?.(reply as Reply));
  }

  /** @param file from the project's root; its first message says that it is ready */
  static async start<Request extends object, Reply extends { error?: string }>(
    file: string,
    env: Record<string, string>,
  ): Promise<Instance<Request, Reply>> {
    const child = spawn(process.execPath, ['--import', 'tsx', file], {
      cwd: projectRoot(),
      env: { ...process.env, NODE_OPTIONS: '', LOG_LEVEL: 'silent', ...env },
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    const instance = new Instance<Request, Reply>(child);
    const failed = once(child, 'exit').then(() => Promise.reject(new Error(`${file} ended before it was ready.`)));
    await Promise.race([instance.#next(), failed]);
    failed.catch(() => undefined);
    return instance;
  }

  /** @throws Error with what the process says went wrong */
  async tell(request: Request): Promise<Reply> {
    const answer = this.#next();
    this.#child.send(request);
    const reply = await answer;
    if (reply.error !== undefined) throw new Error(reply.error);
    return reply;
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  /** As when a host dies: nothing is said to anybody. */
  async kill(): Promise<void> {
    const gone = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await gone;
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const gone = once(this.#child, 'exit');
    this.#child.disconnect();
    await gone;
  }

  #next(): Promise<Reply> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
}
