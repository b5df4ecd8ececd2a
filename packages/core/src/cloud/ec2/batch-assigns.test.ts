import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../testing/manual-clock.ts';
import {
  SimulatedEc2,
  type SimulatedEc2Options,
} from '../../testing/simulated-ec2/simulated-ec2.ts';
import { batchAssigns } from './batch-assigns.ts';
import type { CallOptions } from './ec2-api.ts';
import { Ec2CallError } from './ec2-call-error.ts';
import { rateGovernor } from './rate-governor.ts';
import { RequestLanes } from './request-lanes.ts';

const window = { windowMs: 100 };

function region(options: Partial<SimulatedEc2Options>) {
  const simulated = new SimulatedEc2({
    region: 'eu-central-1',
    claimScope: 'eni',
    privateIpsPerNetworkInterface: 6,
    ...options,
  });
  const { vpcId } = simulated.createVpc({ cidr: '10.0.0.0/16' });
  const { subnetId } = simulated.createSubnet({ vpcId, cidr: '10.0.2.0/28' });
  const a = simulated.createNetworkInterface({ subnetId }).networkInterfaceId;
  const b = simulated.createNetworkInterface({ subnetId }).networkInterfaceId;
  return { simulated, a, b };
}

function build(options: Partial<SimulatedEc2Options> = {}) {
  const clock = new ManualClock();
  const made = region(options);
  const ec2 = batchAssigns({ ec2: made.simulated, clock }, window);
  const assign = (networkInterfaceId: string, ips: readonly string[], signal?: AbortSignal) =>
    ec2.assignPrivateIpAddresses(
      { networkInterfaceId, privateIpAddresses: ips, allowReassignment: false },
      signal === undefined ? {} : { signal },
    );
  return { clock, assign, ...made };
}

const held = (ec2: SimulatedEc2) =>
  ec2
    .snapshot()
    .networkInterfaces.map((eni) =>
      eni.privateIpAddresses.map((one) => one.privateIpAddress).toSorted(),
    );

type Outcome = readonly string[] | string;

async function outcomeOf(
  call: Promise<{ readonly assignedPrivateIpAddresses: readonly string[] }>,
): Promise<Outcome> {
  try {
    return (await call).assignedPrivateIpAddresses;
  } catch (error) {
    if (Ec2CallError.is(error)) return error.ec2Code;
    throw error;
  }
}

describe('batchAssigns', () => {
  it('makes one call of those for an interface within the window, each answered for its own', async () => {
    const { clock, assign, simulated, a, b } = build();
    const later = clock.wait(200).then(() => assign(a, ['10.0.2.9']));
    const calls = [
      assign(a, ['10.0.2.6']),
      assign(a, ['10.0.2.7', '10.0.2.6']),
      assign(b, ['10.0.2.8']),
    ];
    const answers = await clock.run(Promise.all([...calls, later]));
    expect(answers.map((answer) => answer.assignedPrivateIpAddresses)).toEqual([
      ['10.0.2.6'],
      ['10.0.2.7'],
      ['10.0.2.8'],
      ['10.0.2.9'],
    ]);
    expect(simulated.calls.count('AssignPrivateIpAddresses')).toBe(3);
    expect(clock.elapsed()).toBe(300);
  });

  it('a bad address fails the one who asked for it, not the others', async () => {
    const { clock, assign, a } = build();
    const calls = [['10.0.2.6'], ['10.0.3.1'], ['10.0.2.5'], ['10.0.2.7']];
    const outcomes = await clock.run(Promise.all(calls.map((ips) => outcomeOf(assign(a, ips)))));
    const refused = 'InvalidParameterValue';
    expect(outcomes).toEqual([['10.0.2.6'], refused, refused, ['10.0.2.7']]);
  });

  it('what the quota of the VPC has room for is granted, though not all of it together', async () => {
    const { clock, assign, simulated, a } = build({ networkAddressUnitsPerVpc: 2 });
    const { instanceId } = simulated.createInstance();
    simulated.attachNetworkInterface({ networkInterfaceId: a, instanceId });
    const calls = ['10.0.2.6', '10.0.2.7'].map((ip) => outcomeOf(assign(a, [ip])));
    const outcomes = await clock.run(Promise.all(calls));
    expect(outcomes).toEqual([['10.0.2.6'], 'NetworkAddressUsageLimitExceeded']);
  });

  it('a refusal that no address is to blame for is everybody’s, with one call', async () => {
    const { clock, assign, simulated, a } = build();
    simulated.denyActions(['AssignPrivateIpAddresses']);
    const calls = ['10.0.2.6', '10.0.2.7'].map((ip) => outcomeOf(assign(a, [ip])));
    const outcomes = await clock.run(Promise.all(calls));
    expect(outcomes).toEqual(['UnauthorizedOperation', 'UnauthorizedOperation']);
    expect(simulated.calls.count()).toBe(1);
  });

  it('an answer that is lost is lost for all: the call is not made again', async () => {
    const { clock, assign, simulated, a } = build();
    simulated.inject({ action: 'AssignPrivateIpAddresses', loseAnswer: true });
    const calls = ['10.0.2.6', '10.0.2.7'].map((ip) => outcomeOf(assign(a, [ip])));
    expect(await clock.run(Promise.all(calls))).toEqual(['TimeoutError', 'TimeoutError']);
    expect(simulated.calls.count()).toBe(1);
  });

  it('an abort before the window ends takes the request out', async () => {
    const { clock, assign, simulated, a } = build();
    const stop = new AbortController();
    const gone = assign(a, ['10.0.2.6'], stop.signal);
    const stays = assign(a, ['10.0.2.7']);
    stop.abort(new Error('not wanted'));
    await expect(gone).rejects.toThrow('not wanted');
    await clock.run(stays);
    expect(simulated.calls.entries).toMatchObject([
      { input: { privateIpAddresses: ['10.0.2.7'] } },
    ]);
  });

  it.each(['signal', 'untilSent'] as const)(
    'an aborted %s takes it out also while the batch waits for its turn; the others are sent',
    async (kind) => {
      const { clock, simulated, a } = build();
      const rates = { AssignPrivateIpAddresses: { burst: 1, perSecond: 0.1 } };
      const lanes = new RequestLanes({ clock, random: () => 0.5 }, { rates, share: 1 });
      const ec2 = batchAssigns({ ec2: rateGovernor({ ec2: simulated, lanes }), clock }, window);
      const lane = lanes.of('AssignPrivateIpAddresses');
      await lane.turn(undefined);
      const stop = new AbortController();
      const assign = (ip: string, call: CallOptions) =>
        ec2.assignPrivateIpAddresses(
          { networkInterfaceId: a, privateIpAddresses: [ip], allowReassignment: false },
          call,
        );
      const gone = assign('10.0.2.6', { [kind]: stop.signal });
      const stays = assign('10.0.2.7', {});
      await clock.advance(1000);
      expect(lane.length).toBe(1);
      stop.abort(new Error('not wanted'));
      await expect(clock.run(gone)).rejects.toThrow('not wanted');
      expect(clock.elapsed()).toBe(1000);
      expect((await clock.run(stays)).assignedPrivateIpAddresses).toEqual(['10.0.2.7']);
      expect(simulated.calls.entries).toMatchObject([
        { input: { privateIpAddresses: ['10.0.2.7'] } },
      ]);
    },
  );

  it('an aborted untilSent of a call that was sent changes nothing: its outcome is told', async () => {
    const { clock, simulated, a } = build();
    const stop = new AbortController();
    simulated.onChange(() => stop.abort());
    const ec2 = batchAssigns({ ec2: simulated, clock }, window);
    const sent = ec2.assignPrivateIpAddresses(
      { networkInterfaceId: a, privateIpAddresses: ['10.0.2.6'], allowReassignment: false },
      { untilSent: stop.signal },
    );
    expect((await clock.run(sent)).assignedPrivateIpAddresses).toEqual(['10.0.2.6']);
    expect(stop.signal.aborted).toBe(true);
  });

  it('of requests that are made alone, one that was aborted meanwhile is not made', async () => {
    const { clock, assign, simulated, a } = build();
    const stop = new AbortController();
    const refused = outcomeOf(assign(a, ['10.0.3.1']));
    const first = assign(a, ['10.0.2.6']);
    const gone = assign(a, ['10.0.2.7'], stop.signal);
    simulated.onChange(() => stop.abort(new Error('not wanted')));
    const outcomes = clock.run(Promise.allSettled([refused, first, gone]));
    expect((await outcomes).map(({ status }) => status)).toEqual([
      'fulfilled',
      'fulfilled',
      'rejected',
    ]);
    expect(held(simulated)[0]).not.toContain('10.0.2.7');
  });
});

const anyIp = fc.constantFrom(
  '10.0.2.5',
  '10.0.2.6',
  '10.0.2.7',
  '10.0.2.8',
  '10.0.2.9',
  '10.0.2.10',
  '10.0.2.15',
  'no',
);
const anyRequest = fc.record({
  onFirst: fc.boolean(),
  ips: fc.array(anyIp, { minLength: 0, maxLength: 3 }),
});

test.prop([fc.array(anyRequest, { maxLength: 10 })], { numRuns: 150 })(
  'results, and what is left in EC2, equal those of the same calls one by one',
  async (requests) => {
    const { clock, assign, simulated, a, b } = build();
    const batched = await clock.run(
      Promise.all(requests.map(({ onFirst, ips }) => outcomeOf(assign(onFirst ? a : b, ips)))),
    );
    const plain = region({});
    // per interface in order: that is how the batches of two interfaces reach EC2
    const alone: Outcome[] = [];
    const first = requests[0]?.onFirst;
    for (const turn of [first, !(first ?? true)]) {
      for (const [index, { onFirst, ips }] of requests.entries()) {
        if (onFirst !== turn) continue;
        const input = {
          networkInterfaceId: onFirst ? plain.a : plain.b,
          privateIpAddresses: ips,
          allowReassignment: false,
        };
        alone[index] = await outcomeOf(plain.simulated.assignPrivateIpAddresses(input));
      }
    }
    // which of two interfaces gets an address that both ask for is not the batches' to say
    const wanted = (side: boolean) =>
      new Set(requests.filter(({ onFirst }) => onFirst === side).flatMap(({ ips }) => ips));
    fc.pre([...wanted(true)].every((ip) => !wanted(false).has(ip)));
    expect(batched).toEqual(alone);
    expect(held(simulated)).toEqual(held(plain.simulated));
  },
);
