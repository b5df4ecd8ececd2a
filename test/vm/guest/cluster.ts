import { thisNode, type IdentitySpecInput, type NodePorts } from '@truetuple/core';
import { SimulatedEc2 } from '@truetuple/core/testing';
import { describeBoxToEc2, openBox, type BoxInEc2, type BoxPod, type VpcBox } from '@truetuple/lab';
import { directGrant } from '../../../packages/core/src/cloud/direct-grant.ts';

const region = 'eu-central-1';
const pool = 'voice';

/** A pod of the cluster, with the ports and the spec that a program in it would use. */
export interface ClusterPod extends BoxPod {
  readonly node: NodePorts;
  readonly spec: IdentitySpecInput;
}

/** Two pods whose net1 are ipvlan slaves of one ENI, in a box that a simulated EC2 drives. */
export interface Cluster {
  readonly box: VpcBox;
  readonly ec2: SimulatedEc2;
  readonly known: BoxInEc2;
  readonly first: ClusterPod;
  readonly second: ClusterPod;
}

export async function openCluster(): Promise<Cluster> {
  const box = await openBox({
    net1: 'ipvlan',
    pods: [
      { name: 'first', eth0: '10.0.1.50', net1: ['10.0.2.128'] },
      { name: 'second', eth0: '10.0.1.51', net1: ['10.0.2.129'] },
    ],
  });
  const ec2 = new SimulatedEc2({ region, claimScope: 'privateIp' });
  const known = await describeBoxToEc2(box, ec2, { pool, poolSize: 3 });
  box.connect(ec2);
  const clusterPod = (name: string): ClusterPod => {
    const pod = box.pod(name);
    return { ...pod, node: nodeOf(pod, ec2), spec: specOf(pod, known) };
  };
  return { box, ec2, known, first: clusterPod('first'), second: clusterPod('second') };
}

/** The real ports, with EC2 in this process. */
function nodeOf(pod: BoxPod, ec2: SimulatedEc2): NodePorts {
  const real = thisNode({ netns: pod.namespace.path });
  const { clock } = real;
  return { ...real, openGrant: async () => directGrant({ ec2, clock }) };
}

function specOf(pod: BoxPod, known: BoxInEc2): IdentitySpecInput {
  return {
    owner: { cluster: 'vm', namespace: 'default', pod: pod.name, uid: `uid-${pod.name}` },
    pool,
    region,
    networkInterface: { by: 'mac' },
    vpcCidrs: ['10.0.0.0/16'],
    routeTables: { by: 'ids', routeTableIds: [known.routeTableIds.private] },
    identityDirectory: `/run/truetuple/${pod.name}`,
  };
}
