// Runs netlink's tests on other Node versions: each is installed from npm into a temporary folder.
//
//   npm run test:node-versions                 the ends of each range that package.json allows, as of writing
//   npm run test:node-versions -- 22.20.0      those named
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { runNetlinkSuites } from './netlink-suites.mjs';

const root = join(import.meta.dirname, '..');
const usual = ['22.18.0', '24.11.0', '24.21.0', '26.0.0', '26.10.0'];
const named = process.argv.slice(2);
/** The tests use what Node 22 has not. */
const preload = pathToFileURL(join(root, 'test', 'node-22-preload.ts')).href;

const results = (named.length > 0 ? named : usual).map(testOn);
console.log(`\n${results.map(({ line }) => line).join('\n')}`);
process.exitCode = results.every(({ passed }) => passed) ? 0 : 1;

/** @param {string} version */
function testOn(version) {
  const folder = mkdtempSync(join(tmpdir(), 'truetuple-node-'));
  try {
    const node = install(folder, version);
    if (node === undefined) return { passed: false, line: `${version}: could not be installed` };
    const isOld = version.startsWith('22.');
    const passed = runNetlinkSuites(node, isOld ? { NODE_OPTIONS: `--import=${preload}` } : {});
    const said = spawnSync(node, ['--version'], { encoding: 'utf8' }).stdout.trim();
    return { passed, line: `${said}: ${passed ? 'passed' : 'FAILED'}` };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * @param {string} folder
 * @param {string} version
 * @returns {string | undefined} the program
 */
function install(folder, version) {
  const name = `node-linux-${process.arch}`;
  writeFileSync(join(folder, 'package.json'), '{ "private": true }\n');
  const args = ['install', '--no-audit', '--no-fund', '--ignore-scripts', `${name}@${version}`];
  const { status, stderr } = spawnSync('npm', args, { cwd: folder, encoding: 'utf8' });
  if (status === 0) {
    const manifest = createRequire(join(folder, 'package.json')).resolve(`${name}/package.json`);
    return join(dirname(manifest), 'bin', 'node');
  }
  console.error(`npm ${args.join(' ')}\n${stderr}`);
  return undefined;
}
