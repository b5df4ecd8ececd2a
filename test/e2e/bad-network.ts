// Networks that are not what they should be, by rules of nftables that hold until they are disposed of.
import { boxAddresses, runToEnd, type VpcBox } from '@truetuple/lab';

export interface BadNetworkOptions {
  /** Of a hundred datagrams, in each direction, so many are lost. */
  readonly lost: number;
  /** Of a hundred that are not lost, so many come twice. */
  readonly doubled: number;
}

type Namespace = VpcBox['namespaces']['igw'];

/** The Internet gateway loses UDP datagrams, and doubles some. */
export async function badNetwork(
  { namespaces: { igw } }: Pick<VpcBox, 'namespaces'>,
  { lost, doubled }: BadNetworkOptions,
): Promise<AsyncDisposable> {
  const chance = 'meta l4proto udp numgen random mod 100 <';
  return rulesIn(igw, 'forward', [
    `${chance} ${lost} drop`,
    `oifname "inet" ${chance} ${doubled} dup to ${boxAddresses.peer} device "inet"`,
    `oifname "vpc" ${chance} ${doubled} dup to ${await vpcRouter(igw)} device "vpc"`,
  ]);
}

/** The pod's kernel refuses SIP that is to leave: EPERM. `count` tells how many datagrams so far. */
export async function refusedSip({
  namespaces: { pod },
}: Pick<VpcBox, 'namespaces'>): Promise<AsyncDisposable & { count(): Promise<number> }> {
  const rules = await rulesIn(pod, 'output', ['udp sport 5060 counter drop']);
  return {
    ...rules,
    count: async () => {
      const { stdout } = await runToEnd(pod, 'nft', ['list', 'table', ...tableOf('output')]);
      return Number(/counter packets (\d+)/.exec(stdout)?.[1]);
    },
  };
}

async function rulesIn(
  namespace: Namespace,
  hook: 'forward' | 'output',
  rules: readonly string[],
): Promise<AsyncDisposable> {
  const table = tableOf(hook);
  const lines = [
    `table ${table.join(' ')} {`,
    'chain bad {',
    `type filter hook ${hook} priority 0`,
  ];
  await runToEnd(namespace, 'nft', ['-f', '-'], [...lines, ...rules, '}', '}', ''].join('\n'));
  return {
    [Symbol.asyncDispose]: async () => {
      await runToEnd(namespace, 'nft', ['delete', 'table', ...table]);
    },
  };
}

function tableOf(hook: 'forward' | 'output'): readonly string[] {
  return ['ip', `bad-${hook}`];
}

/** Where the Internet gateway sends what is for the VPC. */
async function vpcRouter(igw: Namespace): Promise<string> {
  const { stdout } = await runToEnd(igw, 'ip', ['route', 'show', boxAddresses.vpcCidr]);
  const via = / via (\S+)/.exec(stdout)?.[1];
  if (via === undefined) throw new Error(`no way into the VPC: ${stdout}`);
  return via;
}
