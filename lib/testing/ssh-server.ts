import { execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import path from 'node:path';
import { until } from './source-database';

/** A real OpenSSH server of a test's own on the loopback address. */
export interface SshServer {
  port: number;
  username: string;
  /** Lets `username` in. */
  privateKey: string;
  /** The same key behind a passphrase. */
  encryptedKey: string;
  passphrase: string;
  /** Of the key that the server shows, as ssh-keygen prints it. */
  hostKeySha256(): string;
  /** Makes the server a new host key, which it shows from the next connection on. */
  renewHostKey(): Promise<void>;
  /** A login with a password, of a system user made for it. Only root can make one. */
  createPasswordLogin(): { username: string; password: string };
  /** Connections that are open, by the server's own process list. */
  sessions(): number[];
  /** Cuts every connection, as a network does that goes away. The server goes on. */
  cutSessions(): void;
  stop(): Promise<void>;
  start(): Promise<void>;
  /** Ends it for good and removes what it left. */
  remove(): Promise<void>;
}

export async function startSshServer(): Promise<SshServer> {
  const folder = mkdtempSync(path.join(tmpdir(), 'quarry-ssh-'));
  const file = (name: string) => path.join(folder, name);
  const makeKey = (name: string, passphrase = '') =>
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', passphrase, '-f', file(name)], { stdio: 'pipe' });
  const port = await freePort();
  const passphrase = randomBytes(8).toString('hex');
  makeKey('host');
  makeKey('login');
  makeKey('encrypted', passphrase);
  writeFileSync(file('authorized'), `${readFileSync(file('login.pub'))}${readFileSync(file('encrypted.pub'))}`, { mode: 0o600 });
  writeFileSync(file('config'), configuration(folder, port));
  if (userInfo().uid === 0) mkdirSync('/run/sshd', { recursive: true, mode: 0o755 });
  const users: string[] = [];
  let child: ReturnType<typeof spawn> | null = null;

  const server: SshServer = {
    port,
    username: userInfo().username,
    privateKey: readFileSync(file('login'), 'utf8'),
    encryptedKey: readFileSync(file('encrypted'), 'utf8'),
    passphrase,
    hostKeySha256: () => execFileSync('ssh-keygen', ['-lf', file('host.pub')], { encoding: 'utf8' }).split(' ')[1] ?? '',
    async renewHostKey() {
      rmSync(file('host'));
      rmSync(file('host.pub'));
      makeKey('host');
      await server.stop();
      await server.start();
    },
    createPasswordLogin() {
      if (userInfo().uid !== 0)
        throw new Error('Only root can make the system user of this test. Run it as root or in a container.');
      const username = `quarry${randomBytes(4).toString('hex')}`;
      const password = randomBytes(8).toString('hex');
      execFileSync('useradd', ['--no-create-home', '--shell', '/usr/sbin/nologin', username], { stdio: 'pipe' });
      users.push(username);
      execFileSync('chpasswd', [], { input: `${username}:${password}\n`, stdio: 'pipe' });
      return { username, password };
    },
    sessions: () => (child?.pid === undefined ? [] : childrenOf(child.pid)),
    cutSessions() {
      for (const pid of server.sessions()) process.kill(pid, 'SIGKILL');
    },
    async stop() {
      if (!child) return;
      const gone = once(child, 'exit');
      server.cutSessions();
      child.kill('SIGKILL');
      await gone;
      child = null;
    },
    async start() {
      child = spawn('/usr/sbin/sshd', ['-D', '-e', '-f', file('config')], { stdio: 'ignore' });
      await until(() => accepts(port), Boolean);
    },
    async remove() {
      await server.stop();
      for (const user of users) execFileSync('userdel', [user], { stdio: 'pipe' });
      rmSync(folder, { recursive: true, force: true });
    },
  };
  await server.start();
  return server;
}

function configuration(folder: string, port: number): string {
  return [
    `Port ${port}`,
    'ListenAddress 127.0.0.1',
    `HostKey ${folder}/host`,
    `AuthorizedKeysFile ${folder}/authorized`,
    `PidFile ${folder}/pid`,
    'PasswordAuthentication yes',
    'KbdInteractiveAuthentication no',
    'UsePAM no',
    'PermitRootLogin prohibit-password',
    // The folder is below one that everybody may write.
    'StrictModes no',
    'AllowTcpForwarding yes',
    'LogLevel ERROR',
    '',
  ].join('\n');
}

/** Processes of Linux (proc(5)) whose parent this is. */
function childrenOf(parent: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        const [state, ppid] = readFileSync(`/proc/${pid}/stat`, 'utf8')
          .replace(/^.*\) /s, '')
          .split(' ');
        return Number(ppid) === parent && state !== 'Z';
      } catch {
        return false; // it has ended meanwhile
      }
    })
    .map(Number);
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    const end = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('connect', () => end(true));
    socket.once('error', () => end(false));
  });
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as { port: number };
      probe.close(() => resolve(port));
    });
  });
}
