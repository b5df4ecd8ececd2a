import { setTimeout as delay } from 'node:timers/promises';
import { sdkEc2Api, type SdkEc2Options } from './adapters/aws/sdk-ec2-api.ts';
import { filePublisher } from './adapters/file/file-publisher.ts';
import { linuxKernel } from './adapters/linux/linux-kernel.ts';
import { directGrant } from './cloud/direct-grant.ts';
import type { Clock } from './identity/clock.ts';
import type { NodePorts } from './node-ports.ts';

export interface ThisNodeOptions {
  /** Where EC2 is asked; default the region's own endpoint. Also AWS_ENDPOINT_URL_EC2, read by the SDK. */
  readonly ec2Endpoint?: string;
  /** Default: the SDK's own chain (environment, IRSA, Pod Identity, instance metadata). */
  readonly credentials?: SdkEc2Options['credentials'];
  /** Path of another network namespace, such as /run/netns/pod7; default: this process's own. */
  readonly netns?: string;
}

const systemClock: Clock = {
  now: () => Date.now(),
  elapsed: () => performance.now(),
  wait: async (ms, signal) => {
    await delay(ms, undefined, signal === undefined ? {} : { signal });
  },
};

/** The real ports: EC2 through the AWS SDK, this namespace's kernel, files. Opens nothing until used. */
export function thisNode(options: ThisNodeOptions = {}): NodePorts {
  const { ec2Endpoint, credentials, netns } = options;
  return {
    clock: systemClock,
    openGrant: async ({ region }) =>
      directGrant({
        clock: systemClock,
        ec2: sdkEc2Api({
          region,
          ...(ec2Endpoint === undefined ? {} : { endpoint: ec2Endpoint }),
          ...(credentials === undefined ? {} : { credentials }),
        }),
      }),
    openKernel: () => linuxKernel(netns === undefined ? {} : { netns }),
    openPublisher: filePublisher,
  };
}
