import { execFileSync, spawnSync } from 'node:child_process';
import { accessSync, constants, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '../..');
/** They need no rights, or are this one. */
const others = ['constants', 'prebuilds', 'unprivileged'].map(
  (suite) => `netlink-${suite}.test.ts`,
);
const suites = readdirSync(import.meta.dirname)
  .filter((name) => /^netlink-.*\.test\.ts$/.test(name) && !others.includes(name))
  .map((name) => `test/netns/${name}`)
  .toSorted();
// An ordinary user's own user, network and mount namespace; root first becomes nobody.
const asNobody =
  process.getuid?.() === 0 ? ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'] : [];
const enter = [...asNobody, 'unshare', '--user', '--map-root-user', '--net', '--mount'];
// Their home is the fresh /run, so that nothing is left behind. `npm run test:musl` names the bundler's native part.
const { PATH, NAPI_RS_NATIVE_LIBRARY_PATH } = process.env;
const environment = { PATH, NAPI_RS_NATIVE_LIBRARY_PATH, HOME: '/run', CI: 'true' };

/** Why an ordinary user can run nothing here; undefined when they can. In CI that is a failure. */
function whyNotAsOrdinaryUser(): string | undefined {
  const reason = findReason();
  if (reason !== undefined && process.env['CI'] === 'true') {
    throw new Error(`CI must let an ordinary user make a user namespace, but: ${reason}`);
  }
  return reason;
}

function findReason(): string | undefined {
  if (process.platform !== 'linux')
    return `user namespaces are Linux's, this is ${process.platform}`;
  const [program = '', ...options] = enter;
  const probe = [...options, 'sh', '-c', 'test -r package.json && exec "$0" --version'];
  const { status, error, stderr } = spawnSync(program, [...probe, process.execPath], {
    cwd: root,
    env: environment,
    encoding: 'utf8',
  });
  if (status === 0) return undefined;
  const said = error?.message ?? stderr.trim();
  return said === '' ? `an ordinary user cannot read ${root}` : said;
}

interface Report {
  readonly success: boolean;
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly testResults: readonly {
    readonly name: string;
    readonly message: string;
    readonly assertionResults: readonly { readonly title: string; readonly status: string }[];
  }[];
}

const reason = whyNotAsOrdinaryUser();
const needs = reason === undefined ? '' : ` (skipped: ${reason})`;

describe.skipIf(reason !== undefined)(`as an ordinary user${needs}`, () => {
  it(
    'every suite of netlink that asks the kernel passes, and did run',
    { timeout: 180_000 },
    () => {
      accessSync(join(root, 'node_modules/vitest/vitest.mjs'), constants.R_OK);
      // A fresh /run, because that of the machine is not theirs to write. A new namespace's loopback is down.
      const script =
        'mount -t tmpfs tmpfs /run && ip link set lo up && "$0" "$@" >&2; cat /run/report.json';
      const vitest = [
        'node_modules/vitest/vitest.mjs',
        'run',
        '--project=netns',
        '--reporter=json',
        '--outputFile=/run/report.json',
      ];
      const [program = '', ...options] = [
        ...enter,
        'sh',
        '-c',
        script,
        process.execPath,
        ...vitest,
      ];
      // The runner's default way of loading its configuration writes beside it.
      const run = spawnSync(program, [...options, '--configLoader=runner', ...suites], {
        cwd: root,
        env: environment,
        encoding: 'utf8',
        maxBuffer: 64 * 1024 * 1024,
      });
      if (run.stdout === '') throw new Error(`the suites did not run: ${run.stderr}`);
      const report = JSON.parse(run.stdout) as Report;
      const failed = report.testResults.flatMap(({ message, assertionResults }) => [
        ...(message === '' ? [] : [message]),
        ...assertionResults.filter(({ status }) => status === 'failed').map(({ title }) => title),
      ]);
      expect(failed).toEqual([]);
      expect(report).toMatchObject({ success: true, numFailedTests: 0 });
      expect(report.testResults.map(({ name }) => name).toSorted()).toEqual(
        suites.map((suite) => join(root, suite)),
      );
      for (const { name, assertionResults } of report.testResults) {
        const passed = assertionResults.filter(({ status }) => status === 'passed').length;
        expect(passed, name).toBeGreaterThan(0);
        expect(passed, name).toBeGreaterThanOrEqual(assertionResults.length - passed);
      }
    },
  );

  it('the namespace they run in is theirs: the machine keeps its own', () => {
    const [program, ...options] = [...enter, 'readlink', '/proc/self/ns/net'];
    const theirs = execFileSync(program, options, { encoding: 'utf8', env: environment });
    const ours = execFileSync('readlink', ['/proc/self/ns/net'], { encoding: 'utf8' });
    expect(theirs).not.toBe(ours);
  });
});
