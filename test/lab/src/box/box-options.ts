import { LabError } from '../errors.ts';
import { boxAddresses, type Net1Kind } from './topology.ts';

export interface BoxOptions {
  /** How net1 hangs on the node's eth1; default macvlan, which most kernels have. */
  readonly net1?: Net1Kind;
  /** Default: one pod called `pod` with 10.0.1.50 on eth0 and 10.0.2.128 on net1. */
  readonly pods?: readonly PodOptions[];
}

export interface PodOptions {
  readonly name: string;
  /** Its address on eth0, in 10.0.1.0/24. */
  readonly eth0: string;
  /** Its addresses on net1, in 10.0.2.0/24. */
  readonly net1: readonly string[];
}

export interface CheckedBoxOptions {
  readonly net1: Net1Kind;
  readonly pods: readonly PodOptions[];
}

/** Fills in defaults and refuses pods that would not fit into the box (code OptionsInvalid). */
export function checkBoxOptions(options: BoxOptions): CheckedBoxOptions {
  const { podEth0, podNet1 } = boxAddresses;
  const pods = options.pods ?? [{ name: 'pod', eth0: podEth0, net1: [podNet1] }];
  if (pods.length === 0) throw invalid('a box needs at least one pod');
  refuseRepeats(
    'pod name',
    pods.map((pod) => pod.name),
  );
  refuseRepeats(
    'eth0 address',
    pods.map((pod) => pod.eth0),
  );
  refuseRepeats(
    'net1 address',
    pods.flatMap((pod) => pod.net1),
  );
  for (const pod of pods) {
    if (!/^[a-z0-9-]+$/.test(pod.name)) throw invalid(`pod name "${pod.name}"`);
    refuseOutside(pod.name, 'eth0', [pod.eth0], '10.0.1.');
    refuseOutside(pod.name, 'net1', pod.net1, '10.0.2.');
  }
  return { net1: options.net1 ?? 'macvlan', pods };
}

function refuseRepeats(what: string, values: readonly string[]): void {
  const repeated = values.find((value, index) => values.indexOf(value) !== index);
  if (repeated !== undefined) throw invalid(`${what} ${repeated} is given twice`);
}

function refuseOutside(pod: string, link: string, addresses: readonly string[], net: string): void {
  const { natGateway, nodePrimary, nodeSecondary, client, aws } = boxAddresses;
  const taken: readonly string[] = [natGateway, nodePrimary, nodeSecondary, client, aws];
  for (const address of addresses) {
    const host = Number(address.slice(net.length));
    const inside = address.startsWith(net) && Number.isInteger(host) && host > 3 && host < 255;
    if (!inside || taken.includes(address)) {
      throw invalid(`pod ${pod}: ${address} cannot be its ${link} address`);
    }
  }
}

function invalid(what: string): LabError {
  return new LabError({
    code: 'OptionsInvalid',
    message: `opening a box: ${what}`,
    remedy:
      'Give each pod a name of its own in a-z, 0-9 and -, one free address of 10.0.1.4-254 for eth0 and free addresses of 10.0.2.4-254 for net1.',
  });
}
