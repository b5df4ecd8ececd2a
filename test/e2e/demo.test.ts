import { execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { access, chmod, mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { DemoReport } from '../lab/src/demo/report/report.ts';

const program = fileURLToPath(new URL('../lab/src/demo/main.ts', import.meta.url));
const sabotages = [
  'drop-rule',
  'advertise-private',
  'wrong-port',
  'wrong-contact',
  'wrong-connection-address',
  'wrong-rtp-source',
  'no-release',
  'no-route',
];

interface Run {
  readonly exitCode: number;
  readonly lines: readonly string[];
  readonly errors: string;
  readonly report: DemoReport | undefined;
  readonly tookMs: number;
}

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'truetuple-demo-test-'));
  await chmod(folder, 0o755);
  await mkdir(join(folder, 'reports'));
  await chmod(join(folder, 'reports'), 0o777);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Runs the demo as a user would, with a folder of its own for temporary files. */
async function runDemo(
  name: string,
  args: readonly string[],
  as: readonly string[] = [],
): Promise<Run> {
  const temporary = await mkdtemp(join(folder, 'tmp-'));
  await chmod(temporary, 0o777);
  const json = join(folder, 'reports', `${name}.json`);
  const line = [...as, process.execPath, '-C', 'truetuple-source', program, '--json', json];
  const [command = '', ...rest] = [...line, ...args];
  const start = performance.now();
  const ended = await new Promise<Omit<Run, 'report' | 'tookMs'>>((resolve) => {
    execFile(
      command,
      rest,
      { env: { ...process.env, TMPDIR: temporary }, timeout: 110_000 },
      (error, stdout, stderr) => {
        const exitCode = typeof error?.code === 'number' ? error.code : error === null ? 0 : -1;
        resolve({ exitCode, lines: stdout.trimEnd().split('\n'), errors: stderr });
      },
    );
  });
  const tookMs = performance.now() - start;
  expect(await readdir(temporary), 'temporary files left behind').toEqual([]);
  const text = await readFile(json, 'utf8').catch(() => undefined);
  const report = text === undefined ? undefined : (JSON.parse(text) as DemoReport);
  return { ...ended, report, tookMs };
}

function reportOf(run: Run): DemoReport {
  if (run.report === undefined)
    throw new Error(`no report:\n${run.errors}\n${run.lines.join('\n')}`);
  return run.report;
}

function brokenRows(run: Run): readonly string[] {
  return reportOf(run)
    .verdicts.filter(({ ok }) => !ok)
    .map(({ name }) => name);
}

const publicSip = '203.0.113.50:5060';
const privateAddress =
  /(?<![\d.])(?:10\.\d+|192\.168|172\.(?:1[6-9]|2\d|3[01])|100\.(?:6[4-9]|[7-9]\d|1[01]\d|12[0-7])|169\.254)\.\d+\.\d+/;

/** Rows that each sabotage must break; it may break more. */
const expectedRows: Readonly<Record<string, readonly string[]>> = {
  'drop-rule': ['internet-sip-reply', 'internet-sip-out', 'internet-rtp-reply', 'internet-rtp-out'],
  'advertise-private': [
    'internet-sip-in',
    'internet-sip-out',
    'vpc-sip-out',
    'vpc-rtp-out',
    'inward-call-completes',
    'outward-call-sip-tuple',
    'outward-call-no-private-address',
  ],
  'wrong-port': ['internet-rtp-in', 'internet-rtp-out', 'vpc-rtp-in', 'vpc-rtp-out'],
  'wrong-contact': [
    'inward-call-completes',
    'inward-call-sip-tuple',
    'outward-call-completes',
    'outward-call-sip-tuple',
  ],
  'wrong-connection-address': [
    'inward-call-rtp-tuple',
    'inward-call-media',
    'outward-call-rtp-tuple',
    'outward-call-media',
  ],
  'wrong-rtp-source': ['inward-call-rtp-tuple', 'outward-call-rtp-tuple'],
  'no-release': ['nothing-left-in-ec2'],
  'no-route': ['vpc-sip-in', 'vpc-rtp-in'],
};

/** One address stands for all on loopback: a private one that calls tell is not to be seen. */
function rowsToBreak(run: Run, name: string): readonly string[] {
  const rows = expectedRows[name] ?? [];
  const isBlind = reportOf(run).level === 'loopback' && name === 'advertise-private';
  return isBlind ? rows.filter((row) => !row.includes('call')) : rows;
}

function expectSabotageNoticed(run: Run, name: string): void {
  expect(run.exitCode, run.errors).toBe(1);
  const rows = brokenRows(run);
  for (const row of rowsToBreak(run, name)) expect(rows).toContain(row);
  const sum = run.lines.slice(run.lines.findIndex((line) => /^\d+ broken: /.test(line))).join(' ');
  for (const row of rows) expect(sum).toContain(row);
  expect(run.lines[2]).toContain(`sabotage ${name}`);
}

const kernelLack = lackForKernel();
if (kernelLack !== undefined && process.env['CI'] === 'true') {
  throw new Error(`in CI the demo must be tested on the kernel: ${kernelLack}`);
}

describe.skipIf(kernelLack !== undefined)(`the demo on the kernel${note(kernelLack)}`, () => {
  let run: Run;
  let captures = '';
  beforeAll(async () => {
    captures = join(folder, 'captures');
    run = await runDemo('kernel', ['--require', 'kernel', '--pcap', captures]);
  }, 120_000);

  it('keeps every promise: no packet lost, nothing left, in less than 20 s', () => {
    expect(run.exitCode, `${run.errors}\n${run.lines.join('\n')}`).toBe(0);
    const report = reportOf(run);
    expect(report.level).toBe('kernel');
    expect(report.flows).toHaveLength(12);
    for (const flow of report.flows) {
      expect(flow, flow.name).toMatchObject({ sent: 250, received: 250, lost: 0 });
      expect(flow.observed, flow.name).toEqual([flow.advertised]);
    }
    const ofPod = report.flows.filter(({ way }) => way !== 'in');
    const advertised = new Set(ofPod.map((flow) => flow.advertised));
    expect([...advertised]).toEqual(['203.0.113.50:5060', '203.0.113.50:40000']);
    expect(report.leaked).toEqual([]);
    expect(report.readyMs).toBeGreaterThan(0);
    expect(report.steps.map(({ name }) => name)).toContain('associate-address');
    expect(report.notProven.join()).toContain('real AWS was never asked');
    expect(run.tookMs).toBeLessThan(20_000);
  });

  it('puts one call each way through, each side told what it sees, and is killed in a third', () => {
    const { calls, crash } = reportOf(run);
    expect(calls.map(({ direction }) => direction)).toEqual(['inward', 'outward']);
    for (const call of calls) {
      const told = new Set(call.advertised);
      expect(new Set(call.observed), call.name).toEqual(told);
      for (const tuple of told) expect(tuple).toMatch(/^203\.0\.113\.50:\d+$/);
      expect(call).toMatchObject({ rtpSent: 100, rtpReceived: 100, privateAddressesSeen: [] });
      for (const leg of call.legs) {
        expect(leg).toMatchObject({ answered: true, ended: true, rtpSent: 50, rtpReceived: 50 });
        expect(leg.sip).toEqual({ advertised: [publicSip], observed: [publicSip] });
        expect(leg.rtp.observed).toEqual(leg.rtp.advertised);
        expect(leg.rtp.advertised).toHaveLength(1);
      }
    }
    expect(crash.rtpInCall).toBeGreaterThanOrEqual(5);
  });

  it('shows in act 1 what the same gateway does on eth0', () => {
    const [inward, outward] = reportOf(run).stockCalls;
    expect(inward).toMatchObject({ direction: 'inward', observed: [], dropped: 1 });
    const [internet, vpc] = outward?.legs ?? [];
    expect(internet?.sip.advertised).toEqual(['10.0.1.50:5060']);
    for (const tuple of [...(internet?.sip.observed ?? []), ...(internet?.rtp.observed ?? [])]) {
      expect(tuple).toMatch(/^203\.0\.113\.7:\d+$/);
    }
    expect(internet).toMatchObject({ answered: true, ended: false, rtpSent: 10, rtpReceived: 10 });
    expect(vpc).toMatchObject({ answered: true, ended: false, rtpSent: 10, rtpReceived: 0 });
    expect(internet?.privateAddressesSeen.map(({ address }) => address)).toContain('10.0.1.50');
    expect(outward?.dropped).toBeGreaterThan(10);
  });

  it('draws a ladder of each call, and fits on two screens', () => {
    const text = run.lines.join('\n');
    expect(run.lines.length).toBeLessThanOrEqual(125);
    // a busy machine may make somebody repeat a message, or hold a stream up
    expect(text.match(/─ INVITE SDP (?:x\d )?─/g)).toHaveLength(6);
    expect(text.match(/◄═+ PCMU \d+\+\d+ ═+►/g)?.length).toBeGreaterThanOrEqual(4);
    expect(text.match(/✗ SIP 10\.0\.1\.50:5060 ≠ 203\.0\.113\.7:/g)).toHaveLength(2);
    const act2 = text.slice(text.indexOf('Act 2'));
    expect(act2.match(/✓ SIP 203\.0\.113\.50:5060 {2}✓ RTP 203\.0\.113\.50:/g)).toHaveLength(4);
    expect(act2).not.toContain('✗');
  });

  it('prints short plain lines when nobody looks at a terminal, the level in the first', () => {
    expect(run.lines[0]).toMatch(/^truetuple demo, level kernel: /);
    for (const line of run.lines) expect(line.length, line).toBeLessThanOrEqual(100);
    expect(run.lines.join('\n')).not.toContain('\u001B');
  });

  it('reports as observed what tshark reads from its captures', () => {
    const report = reportOf(run);
    const files = new Set(report.flows.map(({ capture }) => capture?.file ?? 'no file'));
    const packets = new Map([...files].map((name) => [name, readByTshark(join(captures, name))]));
    for (const flow of report.flows) {
      const { file, mark } = flow.capture ?? { file: '', mark: '' };
      const read = (packets.get(file) ?? []).filter(({ payload }) => payload.startsWith(mark));
      expect(new Set(read.map(({ source }) => source)), flow.name).toEqual(new Set(flow.observed));
      expect(read, flow.name).toHaveLength(flow.received);
    }
    const stock = readByTshark(join(captures, 'stock-peer.pcap'));
    for (const [index, mark] of ['stock-sip', 'stock-rtp', 'stock-stun'].entries()) {
      const read = stock.filter(({ payload }) => payload.includes(`flow=${mark} `));
      const sources = new Set(read.map(({ source }) => source));
      expect(sources, mark).toEqual(new Set(report.stockPath[index]?.observed));
    }
  });

  it('reports of calls what tshark reads from their captures: sources, RTP, no private address', () => {
    for (const { name, legs } of reportOf(run).calls) {
      for (const { peer, sip, rtp, rtpReceived, capture } of legs) {
        const own = peer === 'internet' ? '198.51.100.50:' : '10.0.1.100:';
        const came = readByTshark(join(captures, capture?.file ?? 'no file')).filter(
          ({ source }) => !source.startsWith(own),
        );
        const sources = new Set(came.map(({ source }) => source));
        expect(sources, `${name} ${peer}`).toEqual(new Set([...sip.observed, ...rtp.observed]));
        const media = came.filter(({ source }) => rtp.observed.includes(source));
        expect(media, `${name} ${peer}`).toHaveLength(rtpReceived);
        if (peer === 'internet') {
          for (const { payload } of came) expect(payload).not.toMatch(privateAddress);
        }
      }
    }
  });

  it.each([
    ['when an identity is held', 'ready in'],
    ['between two calls', '  Inward: '],
  ])('leaves no file and no process behind when it is interrupted %s', async (_when, mark) => {
    const temporary = await mkdtemp(join(folder, 'tmp-'));
    const demo = spawn(process.execPath, ['-C', 'truetuple-source', program], {
      env: { ...process.env, TMPDIR: temporary },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    for await (const chunk of demo.stdout.setEncoding('utf8')) {
      if (String(chunk).includes(mark)) break;
    }
    const children = await readFile(`/proc/${demo.pid}/task/${demo.pid}/children`, 'utf8');
    expect(children).toMatch(/^\d+ $/);
    const ended = once(demo, 'exit');
    demo.kill('SIGINT');
    expect(await ended).toEqual([130, null]);
    expect(await readdir(temporary)).toEqual([]);
    await vi.waitFor(() => access(`/proc/${children.trim()}`).then(stillThere, () => {}), 5000);
  });

  it.concurrent.each(sabotages)('notices the sabotage %s and names the row', async (name) => {
    const sabotaged = await runDemo(name, ['--require', 'kernel', '--sabotage', name]);
    expectSabotageNoticed(sabotaged, name);
  });
});

const nobody = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', '--'];
/** namespaces(7): a limit of a user namespace holds for all that is started in it. */
const noNamespaces = [
  'unshare',
  '-Ur',
  'sh',
  '-c',
  'cd /proc/sys/user && echo 0 >max_net_namespaces && echo 0 >max_user_namespaces && exec "$@"',
  'sh',
];
const userLack = kernelLack ?? lackForUser();
if (userLack !== undefined && process.env['CI'] === 'true') {
  throw new Error(`in CI the demo must be tested as an ordinary user: ${userLack}`);
}

describe.skipIf(userLack !== undefined)(`the demo as an ordinary user${note(userLack)}`, () => {
  it('runs on the kernel in a user namespace of its own', async () => {
    const run = await runDemo('user', ['--require', 'kernel'], nobody);
    expect(run.exitCode, `${run.errors}\n${run.lines.join('\n')}`).toBe(0);
    expect(reportOf(run)).toMatchObject({ level: 'kernel', leaked: [] });
    expect(run.lines[1]).toContain('user namespace');
  });

  it('falls to loopback where namespaces are not permitted, and says why', async () => {
    const run = await runDemo('forbidden', [], [...nobody, ...noNamespaces]);
    expect(run.exitCode, `${run.errors}\n${run.lines.join('\n')}`).toBe(0);
    expect(run.lines[0]).toMatch(/^truetuple demo, level loopback: /);
    expect(run.lines.slice(1, 3).join()).toMatch(/Not level kernel: .*namespaces/);
    const required = await runDemo(
      'refused',
      ['--require', 'kernel'],
      [...nobody, ...noNamespaces],
    );
    expect(required.exitCode).toBe(1);
    expect(required.errors).toContain('level kernel is required');
  });
});

/** Those that break what the loopback level models by itself; all of them where nothing else can run. */
const onLoopback =
  kernelLack === undefined ? ['drop-rule', 'no-route', 'wrong-contact'] : sabotages;

describe('the demo on loopback', () => {
  it('runs with nothing but Node and says so in its first line', async () => {
    const run = await runDemo('loopback', ['--level', 'loopback']);
    expect(run.exitCode, `${run.errors}\n${run.lines.join('\n')}`).toBe(0);
    expect(run.lines[0]).toMatch(/^truetuple demo, level loopback: simulated EC2, fake kernel/);
    const report = reportOf(run);
    expect(report.level).toBe('loopback');
    expect(report.flows.map(({ lost }) => lost)).toEqual(Array(12).fill(0));
    const addresses = report.flows.flatMap(({ observed }) => observed.map((t) => t.split(':')[0]));
    expect(new Set(addresses)).toEqual(new Set(['127.0.0.1']));
    expect(report.leaked).toEqual([]);
    expect(report.notProven.join()).toContain('no packet crossed a network');
    expect(report.notProven.join()).toMatch(/no gateway or NAT lies between|no call was made/);
    expect(report.stockCalls).toEqual([]);
    for (const call of report.calls) {
      expect(call).toMatchObject({ rtpSent: 100, rtpReceived: 100, privateAddressesSeen: [] });
      expect(new Set(call.observed)).toEqual(new Set(call.advertised));
    }
    if (process.platform === 'linux') expect(report.calls).toHaveLength(2);
  });

  it.concurrent.each(onLoopback)('notices the sabotage %s and names the row', async (name) => {
    const run = await runDemo(`loopback-${name}`, ['--level', 'loopback', '--sabotage', name]);
    expectSabotageNoticed(run, name);
  });

  it('is an error where the kernel is required', async () => {
    const run = await runDemo('required', ['--level', 'loopback', '--require', 'kernel']);
    expect(run.exitCode).toBe(1);
    expect(run.report).toBeUndefined();
    expect(run.errors).toMatch(/level kernel is required.*\(LevelUnavailable\)\n {2}\S/s);
  });

  it('refuses a command line that it does not know, with a remedy', async () => {
    const run = await runDemo('unknown', ['--sabotage', 'everything']);
    expect(run.exitCode).toBe(2);
    expect(run.errors).toMatch(/"everything" is not known.*Give one of: drop-rule/);
  });
});

function stillThere(): never {
  throw new Error('the process of the pod still runs');
}

interface Read {
  readonly source: string;
  readonly payload: string;
}

/** Another program's reading of a capture: source tuple and payload of each UDP packet. */
function readByTshark(file: string): readonly Read[] {
  const fields = ['ip.src', 'udp.srcport', 'udp.payload'].flatMap((name) => ['-e', name]);
  const args = ['-n', '-r', file, '-Y', 'udp', '-T', 'fields', ...fields];
  const { status, stdout, stderr } = spawnSync('tshark', args, {
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  if (status !== 0) throw new Error(`tshark ${args.join(' ')}: ${stderr}`);
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [address = '', port = '', payload = ''] = line.split('\t');
      return {
        source: `${address}:${port}`,
        payload: Buffer.from(payload.replaceAll(':', ''), 'hex').toString('latin1'),
      };
    });
}

function lackForKernel(): string | undefined {
  if (process.platform !== 'linux') return 'not on Linux';
  if (process.getuid?.() !== 0) return 'not root';
  const missing = ['tshark', 'nsenter'].filter(
    (command) => spawnSync(command, ['--version'], { stdio: 'ignore' }).status !== 0,
  );
  return missing.length === 0 ? undefined : `${missing.join(', ')} missing`;
}

function lackForUser(): string | undefined {
  const [command, ...args] = [...nobody, 'unshare', '-Urnm', 'true'];
  const { status } = spawnSync(command, args, { stdio: 'ignore' });
  return status === 0 ? undefined : 'user namespaces are not permitted';
}

function note(lack: string | undefined): string {
  return lack === undefined ? '' : ` (skipped: ${lack})`;
}
