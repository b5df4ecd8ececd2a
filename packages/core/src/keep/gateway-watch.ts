import type { Clock } from '../identity/clock.ts';
import type { PublicIdentity } from '../identity/public-identity.ts';
import type { KernelPort } from '../kernel/kernel-port.ts';
import { judgeGateway, unknownGateway, type GatewayState } from './judge-gateway.ts';
import type { KeepEvent } from './keep-event.ts';

export interface GatewayWatchParts {
  readonly kernel: Pick<KernelPort, 'lookupNeighbour'>;
  readonly clock: Pick<Clock, 'elapsed'>;
  /** How long a silence is none yet, in milliseconds. */
  readonly boundMs: number;
  readonly tell: (event: KeepEvent) => void;
  /** Has the link, and with it the gateway, looked at again in so many milliseconds, unless the keep ends before. */
  readonly lookAgainIn: (ms: number) => Promise<void>;
}

/** Looks at the neighbour entry of an identity's gateway, and again when a silence has lasted long enough. */
export class GatewayWatch {
  readonly #parts: GatewayWatchParts;
  #state: GatewayState = unknownGateway;
  #isLookDue = false;

  constructor(parts: GatewayWatchParts) {
    this.#parts = parts;
  }

  /** @throws CoreError when the kernel refuses. */
  async look(identity: PublicIdentity): Promise<void> {
    const { kernel, clock, boundMs, tell } = this.#parts;
    const { linkName, gateway: address } = identity;
    const entry = await kernel.lookupNeighbour({ linkName, address });
    const nowMs = clock.elapsed();
    const judged = judgeGateway(this.#state, { identity, entry, nowMs, boundMs });
    this.#state = judged.state;
    for (const event of judged.events) tell(event);
    if (judged.lookAgainInMs !== undefined) this.#lookAgainIn(judged.lookAgainInMs);
  }

  #lookAgainIn(ms: number): void {
    if (this.#isLookDue) return;
    this.#isLookDue = true;
    void this.#parts.lookAgainIn(ms).finally(() => {
      this.#isLookDue = false;
    });
  }
}
