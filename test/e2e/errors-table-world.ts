import {
  CoreError,
  ensurePublicIdentity,
  ownerTagKey,
  sdkEc2Api,
  type IdentitySpecInput,
  type NodePorts,
} from '@truetuple/core';
import {
  SimulatedEc2,
  simulatedNode,
  simulatedPod,
  type SimulatedPod,
  type SimulatedPodSetup,
} from '@truetuple/core/testing';
import { startEc2Endpoint } from '../lab/src/ec2-endpoint/start-ec2-endpoint.ts';

/** What ensure threw, and what of ours it left in EC2. */
export interface RefusedEnsure {
  readonly code: string;
  readonly message: string;
  readonly remedy: string;
  readonly retry: string;
  readonly left: readonly string[];
}

/** A pod with a fake kernel whose EC2 is reached by the unmodified SDK; a second region is empty. */
export interface HttpPod extends AsyncDisposable {
  readonly pod: SimulatedPod;
  readonly url: string;
  nodeIn(region: string): NodePorts;
}

const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'not-a-secret' };
export const emptyRegion = 'eu-west-1';

export async function openHttpPod(setup: SimulatedPodSetup = {}): Promise<HttpPod> {
  const pod = simulatedPod(setup);
  const elsewhere = new SimulatedEc2({ region: emptyRegion, claimScope: 'eni' });
  const endpoint = await startEc2Endpoint({
    ec2: [pod.ec2, elsewhere],
    listen: { host: '127.0.0.1', port: 0 },
  });
  const { kernel, clock, publisher } = pod;
  const { url } = endpoint;
  return {
    pod,
    url,
    nodeIn: (region) => {
      const ec2 = sdkEc2Api({ region, endpoint: url, credentials, maxAttempts: 1 });
      return simulatedNode({ ec2, kernel, clock, publisher });
    },
    [Symbol.asyncDispose]: () => endpoint.close(),
  };
}

/** Runs ensure, which must fail with a CoreError. */
export async function refusedEnsure(
  spec: IdentitySpecInput,
  node: NodePorts,
  ec2: SimulatedEc2,
): Promise<RefusedEnsure> {
  const error = await ensurePublicIdentity(spec, { node }).then(
    () => new Error('ensure succeeded'),
    (reason: unknown) => reason,
  );
  if (!CoreError.is(error)) throw error;
  const { code, message, remedy, retry } = error;
  return { code, message, remedy, retry, left: ownIn(ec2) };
}

/** Associations, owner tags, /32 routes and secondary private IPs: what an identity puts into EC2. */
export function ownIn(ec2: SimulatedEc2): readonly string[] {
  const { addresses, routeTables, networkInterfaces } = ec2.snapshot();
  const associations = addresses.flatMap(({ associationId }) => associationId ?? []);
  const owners = addresses.flatMap(({ tags }) =>
    tags.flatMap(({ key, value }) => (key === ownerTagKey ? [value] : [])),
  );
  const routes = routeTables
    .flatMap((table) => table.routes.map((route) => route.destinationCidrBlock))
    .filter((destination) => destination.endsWith('/32'));
  const privateIps = networkInterfaces
    .flatMap((eni) => eni.privateIpAddresses)
    .flatMap((one) => (one.primary ? [] : [one.privateIpAddress]));
  return [...associations, ...owners, ...routes, ...privateIps];
}
