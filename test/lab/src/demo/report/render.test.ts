import { describe, expect, it } from 'vitest';
import { maxColumns, shorten, wrap } from './layout.ts';
import { choosePaint, colourPaint, plainPaint } from './paint.ts';
import { renderCrash, renderHead, renderIdentity, renderStockPath } from './render.ts';
import { renderFlows } from './render-flows.ts';
import { renderCalls, renderStockCalls } from './render-calls.ts';
import { renderSteps } from './render-steps.ts';
import { callLeg, callRow, stockCallRow } from './sample-calls.ts';
import { renderVerdict } from './render-verdict.ts';
import type { DemoReport } from './report.ts';
import { findings, flowRow } from './sample-findings.ts';
import { judge } from './verdict.ts';

const { flows, crash, stockPath } = findings({});
const longest = {
  advertised: '198.51.100.50:40000',
  observed: ['198.51.100.50:40001', '9.9.9.9:9'],
};
const longFlows = flows.map((flow) => flowRow({ ...flow, ...longest }));
const identity = {
  publicIp: '203.0.113.50',
  privateIp: '10.0.2.128',
  linkName: 'net1',
  networkInterfaceId: 'eni-0123456789abcdef0',
  allocationId: 'eipalloc-0123456789abcdef0',
};
const step = {
  half: 'cloud',
  name: 'associate-address',
  sentence: 'Claim 203.0.113.50 for 10.0.2.128: EC2 refuses if somebody else holds it.'.repeat(2),
  command: 'aws ec2 associate-address',
  atMs: 12.34,
  durationMs: 5.6,
} as const;

function report(changes: Parameters<typeof findings>[0]): DemoReport {
  const found = findings(changes);
  const verdicts = judge(found);
  return {
    ...found,
    schema: 'truetuple.demo/v2',
    level: 'kernel',
    levelReason: 'In namespaces.',
    startedAt: '2026-01-01T00:00:00.000Z',
    durationMs: 4200,
    machine: { platform: 'linux', kernel: '6.18', node: 'v24' },
    identity,
    steps: [step],
    notProven: ['real AWS was never asked'],
    verdicts,
    ok: verdicts.every(({ ok }) => ok),
  };
}

const tuple = { address: '198.51.100.50', port: 5060 };
const seen = { datagrams: [], far: { internet: tuple, vpc: tuple } };

function everything(paint = plainPaint): readonly string[] {
  return [
    ...renderHead('loopback', 'Not level kernel: '.repeat(12), 'no-route', paint),
    ...renderStockPath(stockPath, paint),
    ...renderIdentity(identity, 80, [step], paint),
    ...renderFlows(flows, paint),
    ...renderFlows(longFlows, paint),
    ...renderStockCalls([{ row: stockCallRow(), seen }], paint),
    ...renderCalls(
      [
        { row: stockCallRow(), seen },
        { row: callRow(), seen },
      ],
      paint,
    ),
    ...renderCrash({ level: 'kernel', crash, leaked: [] }, paint),
    ...renderVerdict(report({}), paint),
  ];
}

function text(lines: readonly string[]): string {
  return lines.join('\n');
}

function told(leaked: DemoReport['leaked']): readonly string[] {
  return renderCrash({ level: 'kernel', crash, leaked }, plainPaint);
}

describe('the output', () => {
  it('has no line longer than 100 columns', () => {
    for (const line of everything()) expect(line.length, line).toBeLessThanOrEqual(maxColumns);
  });

  it('is the same text with and without colour', () => {
    // oxlint-disable-next-line no-control-regex -- the escape sequences are what is looked for
    const bare = everything(colourPaint).map((line) => line.replaceAll(/\u001B\[\d+m/g, ''));
    expect(bare).toEqual(everything());
    expect(everything().join('\n')).not.toContain('\u001B');
  });

  it('says what it is and the level in its first line', () => {
    const [first] = renderHead('loopback', 'Asked for.', undefined, plainPaint);
    expect(first).toMatch(/^truetuple demo, level loopback: /);
  });

  it('sums up the flows that held and names each one that did not', () => {
    expect(text(renderVerdict(report({}), plainPaint))).toMatch(/12 of 12 flows.*3000 packets/);
    const bad = { observed: ['203.0.113.7:9'], name: 'vpc-sip-in' };
    const one = flows.map((flow) => (flow.name === bad.name ? flowRow({ ...flow, ...bad }) : flow));
    const shown = text(renderVerdict(report({ flows: one }), plainPaint));
    expect(shown).toMatch(/FAIL {2}11 of 12 flows/);
    expect(shown).toMatch(/FAIL {2}vpc-sip-in +203\.0\.113\.7:9 observed/);
    expect(shown.split('\n').at(-1)).toBe('1 broken: vpc-sip-in');
    expect(text(renderFlows(one, plainPaint))).toMatch(/^ {2}vpc-sip-in .* FAIL$/m);
  });

  it('shows the flows that held of one far side and port in a line', () => {
    const [, heading, first, ...rest] = renderFlows(flows, plainPaint).slice(1);
    expect(heading).toMatch(/in +reply +out/);
    expect(first).toMatch(/Internet peer, SIP .* 250 +250 +250 +ok$/);
    expect(rest).toHaveLength(3);
  });

  it('sums up the calls that held and names each promise that did not', () => {
    expect(text(renderVerdict(report({}), plainPaint))).toMatch(/2 of 2 calls.*200 RTP packets/);
    const legs = [callLeg({ rtpReceived: 49 }), callLeg({ peer: 'vpc' })];
    const calls = [callRow(), callRow({ name: 'outward-call', legs })];
    const shown = text(renderVerdict(report({ calls }), plainPaint));
    expect(shown).toMatch(/FAIL {2}1 of 2 calls/);
    expect(shown).toMatch(/FAIL {2}outward-call-media +the Internet peer sent 50 and got 49 of 50/);
    expect(shown.split('\n').at(-1)).toBe('1 broken: outward-call-media');
    const played = calls.map((row) => ({ row, seen }));
    expect(text(renderCalls(played, plainPaint))).toMatch(/ 49 +0 +FAIL$/m);
  });

  it('says nothing of calls where none were made', () => {
    expect(renderStockCalls([], plainPaint)).toEqual([]);
    expect(text(renderVerdict(report({ calls: [] }), plainPaint))).not.toContain('calls ');
  });

  it('folds kernel steps that follow one another', () => {
    const kernel = { ...step, half: 'kernel', sentence: 'Close table 200.' } as const;
    const [, ...lines] = renderSteps([kernel, kernel, step, kernel], plainPaint);
    expect(lines).toHaveLength(3);
    expect(lines[0]).toMatch(/kernel +Close table 200 and 1 more$/);
    expect(lines[2]).toMatch(/kernel +Close table 200$/);
  });

  it('says where nothing is left and what is left', () => {
    expect(told([]).at(-1)).toMatch(/^ {4}nothing on this machine: all namespaces/);
    expect(told([]).at(-2)).toMatch(/^ {4}nothing in EC2/);
    const left = told([{ where: 'kernel', what: 'namespace 7' }]);
    expect(left.at(-1)).toBe('    kernel: namespace 7');
    expect(left.join()).not.toContain('nothing in EC2');
  });
});

describe('choosePaint', () => {
  it.each([
    [{ isTty: true, noColor: undefined, term: 'xterm' }, colourPaint],
    [{ isTty: true, noColor: '', term: 'xterm' }, colourPaint],
    [{ isTty: true, noColor: '1', term: 'xterm' }, plainPaint],
    [{ isTty: false, noColor: undefined, term: 'xterm' }, plainPaint],
    [{ isTty: true, noColor: undefined, term: 'dumb' }, plainPaint],
  ])('%j', (terminal, paint) => {
    expect(choosePaint(terminal)).toBe(paint);
  });
});

describe('layout', () => {
  it('wraps at blanks and never drops a word', () => {
    expect(wrap('aa bb cc', 5)).toEqual(['aa bb', 'cc']);
    expect(wrap('a-very-long-word b', 5)).toEqual(['a-very-long-word', 'b']);
    expect(wrap('', 5)).toEqual([]);
  });

  it('shortens to the first clause, else with an ellipsis', () => {
    expect(shorten('Short.', 10)).toBe('Short');
    expect(shorten('Claim it: or else not', 12)).toBe('Claim it');
    expect(shorten('abcdefghijkl', 6)).toBe('abcde…');
  });
});
