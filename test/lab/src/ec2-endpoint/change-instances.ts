import {
  simulatedInstanceTypes,
  type Ec2Snapshot,
  type SimulatedEc2,
  type SimulatedInstanceType,
} from '@truetuple/core/testing';
import { actionWithoutDryRun, present, type Action } from './action.ts';
import { integer, list, oneOf, optional, text } from './decode-parameters.ts';
import { instanceFields, interfacesOf, stateCodes } from './describe-topology.ts';
import type { XmlFields } from './encode-xml.ts';
import { once, tagsFor, tagSpecification } from './new-resource.ts';

interface InstanceInput {
  readonly MaxCount: number;
  readonly InstanceType: SimulatedInstanceType | undefined;
  readonly SubnetId: string | undefined;
  readonly PrivateIpAddress: string | undefined;
  readonly TagSpecification: ReturnType<typeof tagSpecification>;
}

/** Running at once; with a subnet, a primary network interface in it. */
export const runInstances: Action = actionWithoutDryRun(
  {
    ImageId: optional(text),
    InstanceType: optional(oneOf(...simulatedInstanceTypes)),
    MinCount: integer(1, 100),
    MaxCount: integer(1, 100),
    SubnetId: optional(text),
    PrivateIpAddress: optional(text),
    TagSpecification: tagSpecification,
    ClientToken: optional(text),
  },
  async (ec2, input) =>
    once(ec2, { action: 'RunInstances', input }, () => {
      const ids = runAll(ec2, input);
      const snapshot = ec2.snapshot();
      const instances = snapshot.instances.filter(({ instanceId }) => ids.includes(instanceId));
      return {
        reservationId: ids[0]?.replace(/^i-/, 'r-'),
        instancesSet: instances.map((one) => instanceFields(one, interfacesOf(snapshot, one))),
      };
    }),
);

/** All of them or none: what was made before one is refused is terminated. */
function runAll(ec2: SimulatedEc2, input: InstanceInput): readonly string[] {
  const before = new Set(ec2.snapshot().instances.map(({ instanceId }) => instanceId));
  try {
    return Array.from({ length: input.MaxCount }, () => runOne(ec2, input));
  } catch (error) {
    for (const { instanceId } of ec2.snapshot().instances) {
      if (!before.has(instanceId)) ec2.setInstanceState({ instanceId, state: 'terminated' });
    }
    throw error;
  }
}

function runOne(ec2: SimulatedEc2, input: InstanceInput): string {
  const tags = tagsFor('instance', input.TagSpecification);
  const { instanceId } = ec2.createInstance({
    tags,
    ...present({ instanceType: input.InstanceType }),
  });
  if (input.SubnetId !== undefined) {
    ec2.createNetworkInterface({
      subnetId: input.SubnetId,
      instanceId,
      ...present({ privateIpAddress: input.PrivateIpAddress }),
    });
  }
  return instanceId;
}

/** At once: no instance is ever seen stopping or shutting down. */
function stateChange(to: Ec2Snapshot['instances'][number]['state']): Action {
  return actionWithoutDryRun({ InstanceId: list(text) }, async (ec2, { InstanceId }) => {
    const before = new Map(ec2.snapshot().instances.map((one) => [one.instanceId, one.state]));
    const instancesSet = InstanceId.map((instanceId): XmlFields => {
      ec2.setInstanceState({ instanceId, state: to });
      const from = before.get(instanceId) ?? to;
      return {
        instanceId,
        previousState: { code: stateCodes[from], name: from },
        currentState: { code: stateCodes[to], name: to },
      };
    });
    return { instancesSet };
  });
}

export const startInstances: Action = stateChange('running');
export const stopInstances: Action = stateChange('stopped');
/** Deletes their network interfaces too. */
export const terminateInstances: Action = stateChange('terminated');
