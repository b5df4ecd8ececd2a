// Shows where the npm package node-netlink breaks: installs it into a temporary folder, runs the program of
// decision 0002 and the transport contract over it. Exits 0 when it breaks as documented and nowhere else.
// Needs Linux, npm with network, Python and a C++ compiler (node-netlink has two install scripts).
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const root = join(import.meta.dirname, '..');
const folder = mkdtempSync(join(tmpdir(), 'truetuple-node-netlink-'));
try {
  process.exitCode = show();
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** @returns {number} the exit code */
function show() {
  console.log('Installing node-netlink 0.0.4 into a temporary folder');
  writeFileSync(join(folder, 'package.json'), '{ "private": true, "type": "module" }\n');
  // node-gyp takes the headers that came with the workspace's Node: it downloads nothing.
  const headers = dirname(
    createRequire(import.meta.url).resolve(`node-linux-${process.arch}/package.json`),
  );
  const installed = run('npm', ['install', '--no-audit', '--no-fund', 'node-netlink@0.0.4'], {
    npm_config_nodedir: headers,
  });
  if (!existsSync(join(folder, 'node_modules', 'syscall-napi', 'build'))) {
    console.error(
      `node-netlink 0.0.4 was not installed with its native parts:\n${installed.stderr}\n` +
        'Its install scripts need Python 3, make and a C++ compiler, and npm must let them run.',
    );
    return 1;
  }
  return breaksAtOnce() + breaksContract() === 0 ? 0 : 1;
}

/** A hundred requests at once through its own promises. */
function breaksAtOnce() {
  console.log('\nA hundred rules added at once, through its own promises:');
  const program = join(folder, 'fails.mjs');
  copyFileSync(join(root, 'docs', 'decisions', '0002-node-netlink-fails.mjs'), program);
  const namespace = ['--user', '--map-root-user', '--net'];
  const { stdout, stderr } = run('unshare', [...namespace, process.execPath, program]);
  console.log(stdout === '' ? stderr : stdout);
  const fulfilled = Number(/promises fulfilled: +(\d+)/.exec(stdout)?.[1]);
  const inKernel = Number(/in the kernel: +(\d+)/.exec(stdout)?.[1]);
  if (inKernel === 100 && fulfilled < 100) return 0;
  console.error('That is not what decision 0002 says.');
  return 1;
}

/** The contract that the addon keeps, over the adapter. */
function breaksContract() {
  console.log('The contract of a transport, over the addon and over node-netlink:');
  const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
  const test = join('test', 'netns', 'netlink-transport-contract.test.ts');
  const { status } = spawnSync(
    process.execPath,
    [vitest, 'run', '--project', 'netns', '--reporter=verbose', test],
    { cwd: root, stdio: 'inherit', env: { ...process.env, TRUETUPLE_NODE_NETLINK: folder } },
  );
  return status ?? 1;
}

/**
 * @param {string} command
 * @param {readonly string[]} args
 * @param {Record<string, string>} [more]
 */
function run(command, args, more) {
  return spawnSync(command, args, {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, ...more },
  });
}
