import type { Ec2Snapshot, ShownNetworkInterface, SimulatedEc2 } from '@truetuple/core/testing';

/** How far the metadata of an instance are behind EC2, and by whose clock. */
export interface MetadataLag {
  /** So long after a call of EC2 was answered, its addresses are in the metadata. */
  readonly addressesMs: number;
  /** That of the simulated EC2. */
  readonly clock: { elapsed(): number };
}

export type AddressesOf = ShownNetworkInterface['privateIpAddresses'];

/** The addresses of interfaces with their Elastic IPs as they were a while ago; what a test builds by hand is there at once. */
export class LateAddresses implements Disposable {
  readonly #lag: MetadataLag;
  /** As it was until then, oldest first. */
  #former: { readonly untilMs: number; readonly ec2: Ec2Snapshot }[] = [];
  readonly #stop: () => void;

  constructor(ec2: SimulatedEc2, lag: MetadataLag) {
    if (!(lag.addressesMs > 0 && Number.isFinite(lag.addressesMs))) {
      throw new Error(`metadata that are ${lag.addressesMs} ms behind: give a number above 0`);
    }
    this.#lag = lag;
    let latest = ec2.snapshot();
    this.#stop = ec2.onChange(() => {
      const now = lag.clock.elapsed();
      this.#former = this.#former.filter(({ untilMs }) => untilMs > now - lag.addressesMs);
      this.#former.push({ untilMs: now, ec2: latest });
      latest = ec2.snapshot();
    });
  }

  [Symbol.dispose](): void {
    this.#stop();
  }

  of({ networkInterfaceId, privateIpAddresses }: ShownNetworkInterface): AddressesOf {
    const seenAtMs = this.#lag.clock.elapsed() - this.#lag.addressesMs;
    const seen = this.#former.find(({ untilMs }) => untilMs > seenAtMs)?.ec2.networkInterfaces;
    const shown = seen?.find((eni) => eni.networkInterfaceId === networkInterfaceId);
    return shown?.privateIpAddresses ?? privateIpAddresses;
  }
}
