/**
 * The test server as a process of its own. Prints one JSON line {"url": …} once it listens, and ends on SIGTERM or when its parent goes.
 * Everybody must sign in; the URL holds a user who may do everything.
 */
import { randomBytes } from 'node:crypto';
import { startMongoServer } from './index';

const server = await startMongoServer({ users: [{ name: 'root', password: randomBytes(12).toString('hex'), roles: ['root'] }] });
process.stdout.write(`${JSON.stringify({ url: `${server.url}&directConnection=true` })}\n`);

const stop = (): void => {
  void server.stop().then(() => process.exit(0));
};
process.once('SIGTERM', stop);
process.once('SIGINT', stop);
const parent = process.ppid;
setInterval(() => {
  if (process.ppid !== parent) stop();
}, 1000);
