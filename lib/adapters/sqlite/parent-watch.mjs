/**
 * Ends this process when its parent is gone. A thread that a query blocks can't notice that its parent was killed; a second thread can.
 * process.ppid is told from memory in a worker, hence /proc, and elsewhere whether the parent answers.
 */
import { Worker } from 'node:worker_threads';

const watcher = new Worker(
  `const { readFileSync } = require('node:fs');
   const parent = ${process.ppid};
   const isOrphan = () => {
     try {
       return Number(/^\\d+ \\(.*\\) \\S (\\d+)/s.exec(readFileSync('/proc/self/stat', 'utf8'))[1]) !== parent;
     } catch {
       try {
         process.kill(parent, 0);
         return false;
       } catch {
         return true;
       }
     }
   };
   setInterval(() => isOrphan() && process.kill(process.pid, 'SIGKILL'), 1000);`,
  { eval: true, resourceLimits: { maxOldGenerationSizeMb: 16 } },
);
watcher.unref();

/** The watcher starts only while this thread is free, so nothing may run before it does. */
export const watched = new Promise((resolve, reject) => {
  watcher.once('online', resolve);
  watcher.once('error', reject);
});

process.on('disconnect', () => process.exit(0));
process.on('SIGINT', () => undefined); // Ctrl+C is the parent's to handle: it drains, then disconnects.
