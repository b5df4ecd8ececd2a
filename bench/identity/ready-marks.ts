import { directGrant, sdkEc2Api, thisNode, type Ec2Api, type KernelPort } from '@truetuple/core';
import type { NodePorts, StepEvent, ThisNodeOptions } from '@truetuple/core';
import type { Mark } from './ready-report.ts';

type Ec2Call = (...input: readonly unknown[]) => Promise<unknown>;

/** What one call of ensure did: core's own steps, and the looks between them that core does not tell. */
export class ReadyMarks {
  readonly marks: Mark[] = [];
  readonly #begun: number = performance.now();
  readonly #ec2Calls: { readonly began: number; readonly ended: number }[] = [];

  readonly onStep = ({ half, phase, name, atMs, durationMs = 0 }: StepEvent): void => {
    if (phase !== 'done') return;
    const beganMs = atMs - durationMs;
    this.marks.push({ half: half === 'cloud' ? 'EC2' : half, name, beganMs, tookMs: durationMs });
  };

  get ec2Calls(): number {
    return this.#ec2Calls.length;
  }

  /** The most calls of which each began after the one before had ended. */
  get ec2RoundTrips(): number {
    let count = 0;
    let free = 0;
    for (const { began, ended } of this.#ec2Calls.toSorted((a, b) => a.ended - b.ended)) {
      if (began < free) continue;
      count += 1;
      free = ended;
    }
    return count;
  }

  /** The ports that `thisNode` makes, with EC2, the kernel's opening and its reads timed. */
  watch(options: ThisNodeOptions): NodePorts {
    const node = thisNode(options);
    const { ec2Endpoint, credentials } = options;
    return {
      ...node,
      openGrant: async ({ region }) => {
        const ec2 = sdkEc2Api({
          region,
          ...(ec2Endpoint === undefined ? {} : { endpoint: ec2Endpoint }),
          ...(credentials === undefined ? {} : { credentials }),
        });
        return directGrant({ clock: node.clock, ec2: this.#watchEc2(ec2) });
      },
      openKernel: async () =>
        this.#watchKernel(
          await this.#timed('kernel', 'load netlink, open it', () => node.openKernel()),
        ),
    };
  }

  #watchKernel(kernel: KernelPort): KernelPort {
    return {
      ...kernel,
      observe: (...wanted) => this.#timed('kernel', 'look', () => kernel.observe(...wanted)),
      lookupRoute: (query) =>
        this.#timed('kernel', 'look up route', () => kernel.lookupRoute(query)),
    };
  }

  #watchEc2(ec2: Ec2Api): Ec2Api {
    const watched = Object.entries(ec2 as unknown as Readonly<Record<string, Ec2Call>>).map(
      ([name, call]) => [name, this.#watchCall(name, call)],
    );
    return Object.fromEntries(watched) as Ec2Api;
  }

  /** A write is a step that core tells; a read is not. */
  #watchCall(name: string, call: Ec2Call): Ec2Call {
    return async (...input) => {
      const began = performance.now();
      try {
        return name.startsWith('describe')
          ? await this.#timed('EC2', name, () => call(...input))
          : await call(...input);
      } finally {
        this.#ec2Calls.push({ began, ended: performance.now() });
      }
    };
  }

  async #timed<T>(half: Mark['half'], name: string, act: () => Promise<T>): Promise<T> {
    const began = performance.now();
    try {
      return await act();
    } finally {
      const tookMs = performance.now() - began;
      this.marks.push({ half, name, beganMs: began - this.#begun, tookMs });
    }
  }
}
