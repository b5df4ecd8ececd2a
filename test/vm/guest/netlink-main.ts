import { isMainThread } from 'node:worker_threads';
import { netlinkRows } from './netlink-rows.ts';
import { runRows } from './row.ts';

if (isMainThread) {
  await runRows(netlinkRows);
  process.exit(0); // a row that failed half-way may have left a socket open
} else {
  // the bundle is one file, for the worker of a row too
  await import('../../netns/netlink-worker.ts');
}
