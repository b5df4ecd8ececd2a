import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { sdkEc2Api, type SdkEc2Options } from './adapters/aws/sdk-ec2-api.ts';
import { filePublisher } from './adapters/file/file-publisher.ts';
import { linuxKernel } from './adapters/linux/linux-kernel.ts';
import { boundedLiveness } from './bounded-liveness.ts';
import type { AllocationPolicy } from './cloud/acquire/allocation-policy.ts';
import { directGrant } from './cloud/direct-grant.ts';
import type { Ec2Api } from './cloud/ec2/ec2-api.ts';
import { governedEc2, type GovernedEc2Options } from './cloud/ec2/governed-ec2.ts';
import { RequestLanes, type RequestLanesOptions } from './cloud/ec2/request-lanes.ts';
import type { Liveness } from './cloud/liveness.ts';
import type { ClaimStore } from './cloud/managed/claim-store.ts';
import type { Clock } from './identity/clock.ts';
import type { NodePorts } from './node-ports.ts';
import { onDemand } from './on-demand.ts';
import type { DatagramPort } from './verify/datagram-port.ts';

/** Where this process reaches EC2, at what pace, and whose network namespace it works in. */
export interface ThisNodeOptions extends RequestLanesOptions, GovernedEc2Options {
  /** Where EC2 is asked; default the region's own endpoint. Also AWS_ENDPOINT_URL_EC2, read by the SDK. */
  readonly ec2Endpoint?: string;
  /** Default: the SDK's own chain (environment, IRSA, Pod Identity, instance metadata). */
  readonly credentials?: SdkEc2Options['credentials'];
  /**
   * Where a controller (`controlClaims`) looks: with it this process asks for its identities by claims, and needs no EC2 rights; what of
   * these options is about EC2 means nothing then. Default: this process asks EC2 itself.
   */
  readonly claims?: ClaimStore;
  /** How long an ensure waits for the controller, in milliseconds; default ten minutes. */
  readonly claimWaitMs?: number;
  /** Proves pods dead, for taking over from them at once; default nobody can: see DirectGrantParts. */
  readonly live?: Liveness;
  /** Allows to allocate Elastic IPs when none of a pool is free; default not. */
  readonly allocate?: AllocationPolicy;
  /**
   * For how long, in milliseconds, an address that another pod let go is taken only when nothing else is free. From one node to the next by wall
   * clocks: shorter or longer by as much as they differ.
   */
  readonly coolDownMs?: number;
  /** Path of another network namespace, such as /run/netns/pod7; default: this process's own. */
  readonly netns?: string;
}

const systemClock: Clock = {
  now: () => Date.now(),
  // `performance` would load node:perf_hooks: milliseconds of a process's start
  elapsed: () => Number(process.hrtime.bigint()) / 1e6,
  wait: async (ms, signal) => {
    await delay(ms, undefined, signal === undefined ? {} : { signal });
  },
};

/** EC2's token buckets belong to an account in a region: whatever this process calls there shares them. */
const lanesByPlace = new Map<string, RequestLanes>();

function lanesOf(region: string, options: ThisNodeOptions): RequestLanes {
  const { ec2Endpoint, credentials, rates, share, tries } = options;
  const limits: RequestLanesOptions = {
    ...(rates === undefined ? {} : { rates }),
    ...(share === undefined ? {} : { share }),
    ...(tries === undefined ? {} : { tries }),
  };
  const place = JSON.stringify([region, ec2Endpoint, credentials?.accessKeyId, limits]);
  const known = lanesByPlace.get(place);
  const lanes = known ?? new RequestLanes({ clock: systemClock, random: Math.random }, limits);
  lanesByPlace.set(place, lanes);
  return lanes;
}

/** EC2 in a region, at the pace that EC2 grants: the lanes try throttled calls again, the SDK does not. */
function ec2Of(region: string, options: ThisNodeOptions): Ec2Api {
  const { ec2Endpoint, credentials, assignWindowMs } = options;
  const ec2 = sdkEc2Api({
    region,
    maxAttempts: 1,
    ...(ec2Endpoint === undefined ? {} : { endpoint: ec2Endpoint }),
    ...(credentials === undefined ? {} : { credentials }),
  });
  const parts = { ec2, lanes: lanesOf(region, options), clock: systemClock };
  return governedEc2(parts, assignWindowMs === undefined ? {} : { assignWindowMs });
}

function datagramsIn(netns: string | undefined): DatagramPort {
  const datagrams = onDemand(async () => {
    const { linuxDatagrams } = await import('./adapters/linux/linux-datagrams.ts');
    return linuxDatagrams(netns === undefined ? {} : { netns });
  });
  return {
    open: async (local) => (await datagrams()).open(local),
    resolve: async (host, family) => (await datagrams()).resolve(host, family),
  };
}

/** The real ports: EC2 through the AWS SDK, this namespace's kernel, files. Opens nothing until used. */
export function thisNode(options: ThisNodeOptions = {}): NodePorts {
  const { netns, live, coolDownMs, allocate, claims, claimWaitMs } = options;
  const coolDown = coolDownMs === undefined ? undefined : { ms: coolDownMs, clock: systemClock };
  const regions = new Map<string, Ec2Api>();
  const ec2In = (region: string): Ec2Api => {
    const ec2 = regions.get(region) ?? ec2Of(region, options);
    regions.set(region, ec2);
    return ec2;
  };
  return {
    clock: systemClock,
    openGrant: async ({ region }) => {
      if (claims === undefined) {
        const proven = live && boundedLiveness(live);
        const ec2 = ec2In(region);
        return directGrant({ clock: systemClock, ec2, live: proven, coolDown, allocate });
      }
      const { managedGrant } = await import('./cloud/managed/managed-grant.ts');
      return managedGrant({ clock: systemClock, claims, waitMs: claimWaitMs });
    },
    openKernel: () => linuxKernel(netns === undefined ? {} : { netns }),
    openPublisher: filePublisher,
    ...(claims === undefined ? { openEc2: async (region: string) => ec2In(region) } : {}),
    datagrams: datagramsIn(netns),
    randomBytes,
  };
}
