/** The production web server as a guarded child: start, wait until ready, stop. Used by `npm start` and by the browser tests. */
import { closeSync, openSync, readFileSync, renameSync, statSync } from 'node:fs';
import path from 'node:path';
import { isPortFree } from './postgres.mjs';
import { startChild, waitFor } from './processes.mjs';
import { Problem } from './report.mjs';
import { ROOT } from './services.mjs';

/** @throws Problem naming PORT or HOST when the address can't be listened on */
export async function checkAddress(host, port) {
  const free = await isPortFree(port, host);
  if (free) return;
  if (free === undefined) throw new Problem(`HOST=${host} is not an address of this machine. Use 127.0.0.1 or 0.0.0.0.`);
  if (port < 1024 && process.getuid?.() !== 0)
    throw new Problem(`Port ${port} needs administrator's rights. Start with another: PORT=3000 npm start`);
  throw new Problem(`Port ${port} on ${host} is taken by another program. Start with another: PORT=${port + 1} npm start`);
}

/**
 * Starts the built application.
 * @param {{host: string, port: number, home: string, env: Record<string, string | undefined>}} options
 */
export function startServer({ host, port, home, env }) {
  const logFile = path.join(home, 'logs', 'server.log');
  if ((statSync(logFile, { throwIfNoEntry: false })?.size ?? 0) > 20_000_000) renameSync(logFile, `${logFile}.1`);
  const log = openSync(logFile, 'a', 0o600);
  const begin = statSync(logFile).size;
  const args = [path.join(ROOT, 'node_modules/next/dist/bin/next'), 'start', '-H', host, '-p', String(port)];
  const shown = host === '0.0.0.0' || host === '::' ? 'localhost' : host.includes(':') ? `[${host}]` : host;
  const url = `http://${shown}:${port}`;
  const state = startChild(process.execPath, args, {
    cwd: ROOT,
    stdio: ['ignore', log, log],
    graceMs: 15_000,
    env: {
      ...env,
      NODE_ENV: 'production',
      NEXT_TELEMETRY_DISABLED: '1',
      HOST: host,
      PORT: String(port),
      QUARRY_HOME: home,
      NEXTAUTH_URL: env.NEXTAUTH_URL || env.PUBLIC_URL || url,
    },
  });
  closeSync(log);
  return Object.assign(state, { url, logFile, logBegin: begin });
}

/** Waits until GET /api/ready answers 200. @throws Problem with what the server said */
export async function waitUntilServing(server, { timeoutMs = 60_000 } = {}) {
  let last = 'no answer yet';
  const ready = await waitFor(
    async () => {
      if (server.exited) return 'exited';
      try {
        const answer = await fetch(`${server.url}/api/ready`, { signal: AbortSignal.timeout(5000) });
        if (answer.ok) return 'ready';
        last = `GET /api/ready answers ${answer.status}: ${(await answer.text()).slice(0, 300)}`;
      } catch {
        // not listening yet
      }
      return undefined;
    },
    { timeoutMs, everyMs: 100 },
  );
  if (ready === 'ready') return;
  const reason = ready === 'exited' ? `it ended: ${lastWords(server)}` : last;
  throw new Problem(`The web server didn't get ready; ${reason} (see ${server.logFile}).`);
}

function lastWords({ logFile, logBegin }) {
  const lines = readFileSync(logFile, 'utf8')
    .slice(logBegin)
    .split('\n')
    .map((line) => line.trim());
  return (
    lines.find((line) => /error|invalid|not valid/i.test(line))?.slice(0, 300) ??
    lines.filter(Boolean).at(-1)?.slice(0, 300) ??
    'no message'
  );
}
