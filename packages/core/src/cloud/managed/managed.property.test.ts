import { fc, test } from '@fast-check/vitest';
import { describe, expect } from 'vitest';
import { ensurePublicIdentity } from '../../ensure-public-identity.ts';
import type { HeldIdentity } from '../../held-identity.ts';
import type { IdentitySpecInput } from '../../identity/identity-spec.ts';
import { reapOrphans } from '../../reap-orphans.ts';
import {
  ManagedRegion,
  type ManagedPod,
  type ManagedProcess,
} from '../../testing/managed-region.ts';
import { Doom } from '../../testing/doom.ts';

const graceMs = 60_000;

type Happening =
  | { readonly kind: 'pod starts'; readonly slot: number; readonly node: 0 | 1 }
  | {
      readonly kind: 'pod ends' | 'pod is killed' | 'process is killed' | 'claim is deleted';
      readonly slot: number;
    }
  | { readonly kind: 'controller dies'; readonly atWrite: number; readonly isCarriedOut: boolean }
  | { readonly kind: 'answer is lost'; readonly of: (typeof fallible)[number] }
  | {
      readonly kind: 'store fails';
      readonly call: (typeof storeCalls)[number];
      readonly isCarriedOut: boolean;
    }
  | { readonly kind: 'time passes'; readonly ms: number };

const fallible = [
  'AssignPrivateIpAddresses',
  'AssociateAddress',
  'CreateTags',
  'CreateRoute',
  'ReplaceRoute',
  'DisassociateAddress',
  'UnassignPrivateIpAddresses',
  'DeleteTags',
  'AssignIpv6Addresses',
  'UnassignIpv6Addresses',
] as const;
const storeCalls = ['create', 'get', 'list', 'update', 'updateStatus', 'delete'] as const;
const slots = fc.nat({ max: 4 });

const happenings: fc.Arbitrary<Happening> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('pod starts' as const),
      slot: slots,
      node: fc.constantFrom(0 as const, 1 as const),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constantFrom(
        'pod ends' as const,
        'pod is killed' as const,
        'process is killed' as const,
      ),
      slot: slots,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('claim is deleted' as const), slot: slots }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('controller dies' as const),
      atWrite: fc.integer({ min: 1, max: 12 }),
      isCarriedOut: fc.boolean(),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('answer is lost' as const),
      of: fc.constantFrom(...fallible),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('store fails' as const),
      call: fc.constantFrom(...storeCalls),
      isCarriedOut: fc.boolean(),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('time passes' as const),
      ms: fc.constantFrom(50, 300, 1000, 5000, 40_000, 100_000),
    }),
  },
);

const dualStack = {
  addressFamilies: ['ipv4', 'ipv6'],
  subnetIpv6Cidr: '2001:db8:0:202::/64',
  gatewayIpv6: 'fe80::1',
} as const;

/** A pod that stands, the process that runs in it, and what that one holds. */
interface Standing {
  readonly pod: ManagedPod;
  readonly spec: IdentitySpecInput;
  process: ManagedProcess;
  stop: AbortController;
  held: HeldIdentity | undefined;
}

class Life {
  readonly built: ManagedRegion;
  readonly #standing = new Map<number, Standing>();
  #doom = new Doom(0, false, () => {});
  #controllers = 0;
  #uids = 0;

  constructor(built: ManagedRegion) {
    this.built = built;
    this.#nextController();
  }

  async happen(what: Happening): Promise<void> {
    const { built } = this;
    switch (what.kind) {
      case 'pod starts':
        return this.#start(what.slot, what.node);
      case 'pod ends':
        return this.#end(what.slot);
      case 'pod is killed':
        return this.#kill(what.slot);
      case 'process is killed': {
        const standing = this.#standing.get(what.slot);
        if (standing === undefined) return;
        standing.process.kill();
        standing.held = undefined;
        this.#run(standing);
        return;
      }
      case 'claim is deleted':
        // the store may fail who deletes it
        return this.#deleteClaim(what.slot).catch(() => {});
      case 'controller dies':
        return this.#doom.arm(what.atWrite, what.isCarriedOut);
      case 'answer is lost':
        return built.ec2.inject({ action: what.of, loseAnswer: true });
      case 'store fails':
        return built.claims.inject({
          call: what.call,
          outcome: what.isCarriedOut ? 'answer-lost' : 'unanswered',
        });
      case 'time passes':
        return built.clock.advance(what.ms);
      default:
        return what satisfies never;
    }
  }

  /** Nobody believes to hold what another one holds, and what one was told is so in EC2. */
  check(): void {
    const holders = [...this.#standing.values()].filter(({ held }) => held !== undefined);
    const told = holders.map(({ held }) => held?.identity.publicIp);
    expect(new Set(told).size).toBe(told.length);
    expect(holders.map(({ pod }) => this.built.carriedBy(pod))).toEqual(told);
    const { networkInterfaces } = this.built.ec2.snapshot();
    for (const { held } of holders) {
      const { networkInterfaceId, publicIpv6 } = held?.identity ?? {};
      if (publicIpv6 === undefined) continue;
      const eni = networkInterfaces.find((one) => one.networkInterfaceId === networkInterfaceId);
      expect(eni?.ipv6Addresses).toContain(publicIpv6.address);
    }
  }

  /** Everybody goes; then nothing is left. */
  async end(): Promise<void> {
    const { built } = this;
    for (const slot of this.#standing.keys()) this.#kill(slot);
    this.#doom.arm(0, false);
    await built.clock.advance(2 * graceMs + 120_000);
    const live = { livePods: async () => built.livePods() };
    let earlier: Awaited<ReturnType<typeof reapOrphans>>['sightings'] = [];
    for (let pass = 0; pass < 3; pass++) {
      const request = { pool: 'media', live, earlier, brakeShare: 1 };
      const report = await built.run(reapOrphans(request, { ec2: built.ec2, clock: built.clock }));
      earlier = report.sightings;
      await built.clock.advance(6 * 60_000);
    }
    expect(await built.claims.list()).toEqual([]);
    expect(built.leftInEc2()).toEqual([]);
    expect(built.routesLeft()).toBe(0);
  }

  async #deleteClaim(slot: number): Promise<void> {
    const uid = this.#standing.get(slot)?.pod.uid;
    const claims = await this.built.claims.list();
    const claim = claims.find(({ spec }) => spec.identity.owner.uid === uid);
    if (claim !== undefined) await this.built.claims.delete(claim);
  }

  #start(slot: number, node: 0 | 1): void {
    if (this.#standing.has(slot)) return;
    this.#uids += 1;
    const uid = `uid-${this.#uids}`;
    // private IPs are used again, on the other node too
    const pod = this.built.pod(`gateway-${slot}`, { node, uid, host: 100 + slot });
    // every other name is one of dual stack
    const spec = slot % 2 === 0 ? pod.spec : { ...pod.spec, ...dualStack };
    const standing: Standing = {
      pod,
      spec,
      process: pod.start(),
      stop: new AbortController(),
      held: undefined,
    };
    this.#standing.set(slot, standing);
    this.#run(standing);
  }

  /** A container that is started again until its pod goes. */
  #run(standing: Standing): void {
    const { pod } = standing;
    const process = pod.start();
    const stop = new AbortController();
    standing.process = process;
    standing.stop = stop;
    const once = async (): Promise<void> => {
      while (standing.process === process && !stop.signal.aborted) {
        try {
          const held = await ensurePublicIdentity(standing.spec, {
            node: process.node,
            signal: stop.signal,
          });
          if (standing.process !== process) return;
          standing.held = held;
          const keeping = await held.keep({ random: () => 0.5 });
          await keeping.ended;
          standing.held = undefined;
          if (stop.signal.aborted) return;
          await held.release();
        } catch {
          await this.built.clock.wait(1000);
        }
      }
    };
    void once();
  }

  #end(slot: number): void {
    const standing = this.#standing.get(slot);
    if (standing === undefined) return;
    const { held } = standing;
    standing.held = undefined;
    standing.stop.abort();
    this.#standing.delete(slot);
    void held?.release().catch(() => {});
    this.built.remove(standing.pod);
  }

  #kill(slot: number): void {
    const standing = this.#standing.get(slot);
    if (standing === undefined) return;
    standing.process.kill();
    this.#standing.delete(slot);
    this.built.remove(standing.pod);
  }

  #nextController(): void {
    this.#controllers += 1;
    const doom = new Doom(0, false, () => this.#nextController());
    this.#doom = doom;
    this.built.control(`controller-${this.#controllers}`, {
      ec2: doom.ec2(this.built.ec2),
      claims: doom.claims(this.built.claims),
      options: { graceMs },
    });
  }
}

/** What went wrong once. */
const examples: [Happening[], number, boolean][] = [
  [
    [
      { kind: 'pod starts', slot: 1, node: 0 },
      { kind: 'pod is killed', slot: 1 },
      { kind: 'pod starts', slot: 1, node: 0 },
    ],
    0,
    false,
  ],
  [
    [
      { kind: 'pod starts', slot: 1, node: 0 },
      { kind: 'time passes', ms: 100_000 },
      { kind: 'claim is deleted', slot: 1 },
      { kind: 'time passes', ms: 5000 },
    ],
    0,
    true,
  ],
];

describe.each(['eni', 'privateIp'] as const)('claims that exclude per %s', (claimScope) => {
  test.prop([fc.array(happenings, { maxLength: 40 }), fc.nat(), fc.boolean()], {
    numRuns: 60,
    examples,
  })(
    'whatever happens: no address twice, what is told is so, and in the end nothing is left',
    async (all, seed, lags) => {
      const lag = [0, 3000] as const;
      const lagMs = { addresses: lag, networkInterfaces: lag, routeTables: lag };
      const reads = lags ? { lagMs, seed: 1 + (seed % 1000) } : {};
      const built = new ManagedRegion({ addresses: 6, ec2: { claimScope, reads } });
      try {
        const life = new Life(built);
        for (const what of all) {
          await life.happen(what);
          await built.clock.advance(10);
          life.check();
        }
        await life.end();
      } finally {
        await built.close();
      }
    },
  );
});
