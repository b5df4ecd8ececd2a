import type { ClaimSeen, IdentityGrant } from '../cloud/identity-grant.ts';
import { claimAgeMs } from './claim-age.ts';
import type { PublicIdentity } from '../identity/public-identity.ts';
import type { KernelWatch } from '../kernel/kernel-port.ts';
import type { KernelStep } from '../kernel/kernel-step.ts';
import { decide, isTakenAway } from './decide.ts';
import type { KeepAct, KeepState, Seen } from './keep-state.ts';
import type { KeepEnd, KeepEvent } from './keep-event.ts';
import type { KeeperParts } from './keeper-parts.ts';
import { defaultGatewaySilenceMs, defaultIntervalMs, type KeepOptions } from './keeping.ts';
import { GatewayWatch } from './gateway-watch.ts';
import { heed } from './heed.ts';
import { hasClaimedAnew, lookAtClaim, type FromCloud } from './look-at-claim.ts';
import { coreErrorOf, fenceLink, lookAtLink } from './look-at-link.ts';
import { performAct } from './perform-act.ts';
import type { Publication } from './publication.ts';
import { readPublication } from './read-publication.ts';
import type { WireWatch } from './wire-watch.ts';

/** More repairing steps than these between two looks at EC2 are a fight: fought once a second. */
const repairsAtOnce = 50;
const fightPauseMs = 1000;

/** Carries out what `decide` says, one thing after the other; only looks at EC2 run beside the rest. */
export class Keeper {
  readonly #parts: KeeperParts;
  readonly #publication: Publication;
  readonly #stop = new AbortController();
  readonly #watch: KernelWatch;
  readonly #gateway: GatewayWatch;
  readonly #wire: WireWatch | undefined;
  readonly #pace: Required<Pick<KeepOptions, 'intervalMs' | 'random'>>;
  #cloudDue = new AbortController();
  #state: KeepState;
  #grant: IdentityGrant | undefined;
  #turns: Promise<void> = Promise.resolve();
  #isLookDue = false;
  #repairsLeft = repairsAtOnce;
  /** Since when looks at the kernel, or a fence, fail. */
  #failingSinceMs: number | undefined;

  /** @throws CoreError when the kernel cannot be watched. */
  constructor(parts: KeeperParts) {
    const { identity, node, identityDirectory, kernel, options, report } = parts;
    this.#parts = parts;
    this.#publication = {
      publisher: node.openPublisher(identityDirectory),
      directory: identityDirectory,
      clock: node.clock,
      report,
      isUnread: false,
    };
    this.#state = { identity, standing: { kind: 'unpublished', told: undefined, leftOver: true } };
    const tell = (event: KeepEvent): void => this.#tell(event);
    this.#gateway = new GatewayWatch({
      kernel,
      clock: node.clock,
      boundMs: options.gatewaySilenceMs ?? defaultGatewaySilenceMs,
      tell,
      lookAgainIn: async (ms) => {
        if (await this.#wait(ms)) this.#lookSoon();
      },
    });
    const { intervalMs = defaultIntervalMs, random = Math.random } = options;
    this.#pace = { intervalMs, random };
    this.#wire = parts.openWireWatch?.({
      ports: node,
      longestMs: options.wire?.intervalMs ?? intervalMs,
      random,
      signal: this.#stop.signal,
      tell,
      wait: (ms) => this.#wait(ms),
      state: () => this.#state,
      absorb: (seen) =>
        this.#turn(async () => {
          await this.#readPublication();
          await this.#absorb(seen);
        }),
    });
    this.#watch = kernel.watch(() => this.#lookSoon(), { neighbours: [identity.gateway] });
  }

  get identity(): PublicIdentity {
    return this.#state.identity;
  }

  /** Keeps until stopped, or until there is nothing to keep. */
  async run(): Promise<KeepEnd> {
    const { kernel, options } = this.#parts;
    const stop = (): void => this.stop();
    options.signal?.addEventListener('abort', stop, { once: true });
    if (options.signal?.aborted === true) this.stop();
    await this.#turn(() => this.#readPublication());
    this.#lookSoon();
    await Promise.all([this.#lookAtCloudOnTime(), this.#wire?.askOnTime()]);
    this.#watch.close();
    await this.#turn(() => this.#absorb({ kind: 'closed' }));
    kernel.close();
    options.signal?.removeEventListener('abort', stop);
    const { standing } = this.#state;
    return standing.kind === 'ended' ? standing.end : { kind: 'closed' };
  }

  stop(): void {
    this.#stop.abort();
    this.#cloudDue.abort(this.#stop.signal.reason);
  }

  lookAtCloudSoon(): void {
    this.#cloudDue.abort();
  }

  get #isStopped(): boolean {
    return this.#stop.signal.aborted;
  }

  #turn(act: () => Promise<void>): Promise<void> {
    this.#turns = this.#turns.then(act);
    return this.#turns;
  }

  /** Any number of changes until the look are one; after a look, or a fence, that failed it comes a second or two later. */
  #lookSoon(): void {
    if (this.#isLookDue || this.#isStopped) return;
    this.#isLookDue = true;
    const isFailing = this.#failingSinceMs !== undefined;
    const pauseMs = fightPauseMs * (isFailing ? 1 + this.#pace.random() : 1);
    const look = (): Promise<void> =>
      this.#turn(async () => {
        this.#isLookDue = false;
        await this.#lookAtKernel();
      });
    // the pause is nobody's turn: what EC2 or the store says meanwhile is acted on at once
    if (isFailing || this.#repairsLeft <= 0) {
      void this.#wait(pauseMs).then((goesOn) => (goesOn ? look() : undefined));
    } else void look();
  }

  /** False once stopped; `until` cuts it short. */
  async #wait(ms: number, until = this.#stop.signal): Promise<boolean> {
    await this.#parts.node.clock.wait(ms, until).catch(() => {});
    return !this.#isStopped;
  }

  async #lookAtKernel(): Promise<void> {
    await this.#readPublication();
    if (this.#isStopped) return;
    if (this.#state.standing.kind === 'lost') {
      this.#failingSinceMs = 0;
      // of what is lost nothing is put back on the link: it is fenced again
      return this.#absorb({ kind: 'kernel-looked-at', repaired: [] });
    }
    const { node, kernel, report } = this.#parts;
    const { repaired, unproven, isSilent } = await lookAtLink({
      kernel,
      report,
      identity: this.identity,
      signal: this.#stop.signal,
    });
    this.#repairsLeft -= repaired.length;
    if (this.#isStopped && unproven?.code === 'Aborted') return;
    await this.#readPublication();
    if (isTakenAway(this.#state)) return this.#takeOffLate(repaired);
    const nowMs = node.clock.elapsed();
    const sinceMs = this.#failingSinceMs ?? nowMs;
    const silentFor = isSilent ? (nowMs - sinceMs) / this.#pace.intervalMs : undefined;
    const isFailing = isSilent || unproven?.code === 'KernelRefused';
    this.#failingSinceMs = isFailing ? sinceMs : undefined;
    await this.#absorb({ kind: 'kernel-looked-at', repaired, unproven, silentFor });
    if (isFailing) this.#lookSoon();
    // from a look that fails nothing follows; the next one comes with the next change, or within the interval
    if (!this.#isStopped) await this.#gateway.look(this.identity).catch(() => {});
  }

  /** The first after a part of the interval: pods that start together do not ask together. */
  async #lookAtCloudOnTime(): Promise<void> {
    const { intervalMs, random } = this.#pace;
    let ms = intervalMs * random();
    while (await this.#wait(ms, this.#cloudDue.signal)) {
      this.#cloudDue = new AbortController();
      this.#repairsLeft = repairsAtOnce;
      // not every drift of the link is told
      this.#lookSoon();
      await this.#turn(() => this.#readPublication());
      if (this.#isStopped) return;
      const seen = await this.#lookAtCloud();
      if (seen !== undefined) await this.#turn(() => this.#absorbFromCloud(seen));
      ms = intervalMs * (0.75 + 0.25 * random());
    }
  }

  #lookAtCloud(): Promise<FromCloud | undefined> {
    return lookAtClaim({
      ...this.#claim(),
      clock: this.#parts.node.clock,
      signal: this.#stop.signal,
      onStep: this.#parts.report.cloud,
      mayWrite: (seen) => this.#mayWrite(seen),
    });
  }

  #claim() {
    const { identity } = this;
    const { node } = this.#parts;
    const openGrant = async () => (this.#grant ??= await node.openGrant(identity));
    return { identity, openGrant, claimAgeMs: claimAgeMs(node.clock, identity) };
  }

  /** What another process of the pod gives back is not put back; where nothing is published, only its owner record says so. */
  async #mayWrite({ isRecorded }: ClaimSeen): Promise<boolean> {
    await this.#turn(() => this.#readPublication());
    const { kind } = this.#state.standing;
    return (
      (kind === 'published' && !this.#publication.isUnread) ||
      (kind === 'unpublished' && (isRecorded || (await this.#isEarlierStanding())))
    );
  }

  /** An earlier publication that could not be replaced stands, and a release would have taken it away. */
  async #isEarlierStanding(): Promise<boolean> {
    return (await this.#publication.publisher.current().catch(() => undefined)) !== undefined;
  }

  async #absorbFromCloud(seen: FromCloud): Promise<void> {
    await this.#readPublication();
    await this.#absorb(seen);
    await this.#giveBackLate(seen);
  }

  /** A claim made anew although the publication was taken away meanwhile is nobody's: it is given back. */
  async #giveBackLate(seen: FromCloud): Promise<void> {
    if (!isTakenAway(this.#state) || !hasClaimedAnew(seen)) return;
    const { grant } = seen.state;
    await this.#undoLate(this.#grant?.release(grant, { onStep: this.#parts.report.cloud }));
  }

  /** What was put back on the link although the identity was released meanwhile is taken off again. */
  async #takeOffLate(repaired: readonly KernelStep[]): Promise<void> {
    if (repaired.length === 0) return;
    const { kernel, report } = this.#parts;
    await this.#undoLate(fenceLink({ kernel, report, identity: this.identity }));
  }

  async #undoLate(undone: Promise<void> | undefined): Promise<void> {
    await undone?.catch((error: unknown) => {
      const what = `Giving back ${this.identity.publicIp}`;
      this.#tell({ kind: 'unsure', error: coreErrorOf(error, what) });
    });
  }

  async #readPublication(): Promise<void> {
    const seen = await readPublication(this.#publication, this.#state);
    if (seen !== undefined) await this.#absorb(seen);
  }

  async #absorb(first: Seen): Promise<void> {
    const seen: Seen[] = [first];
    for (const one of seen) {
      const { state, acts } = decide(this.#state, one);
      this.#setState(state);
      for (const act of acts) {
        const outcome = await this.#perform(act);
        if (outcome !== undefined) seen.push(outcome);
      }
    }
    if (this.#state.standing.kind === 'ended') this.stop();
  }

  #setState(state: KeepState): void {
    const { identity } = state;
    const isNew = identity !== this.identity;
    this.#state = state;
    if (isNew) this.#parts.onIdentity(identity);
  }

  async #perform(act: KeepAct): Promise<Seen | undefined> {
    if (act.kind === 'tell') this.#tell(act.event);
    else if (act.kind === 'look-at-link') this.#lookSoon();
    else if (act.kind === 'look-at-cloud') this.lookAtCloudSoon();
    else {
      const { kernel } = this.#parts;
      const publication = this.#publication;
      return performAct({ kernel, publication, ...this.#claim() }, this.identity, act);
    }
    return undefined;
  }

  #tell(event: KeepEvent): void {
    heed(() => this.#parts.options.onEvent?.(event));
  }
}
