import { CoreError, type ClaimKey, type ClaimStore, type IdentityClaim } from '@truetuple/core';
import type { Fault } from '../faults.ts';
import type { SimulatedProcess } from '../simulated-process.ts';
import type { World } from '../world.ts';
import type { ManagedCluster } from './managed-cluster.ts';

/** How long a caller waits for an answer that does not come. */
export const unansweredMs = 3000;

interface Call<Answer> {
  readonly operation: string;
  /** What it writes; undefined: it reads. */
  readonly writes?: ClaimKey;
  readonly act: () => Promise<Answer>;
  readonly heard?: (answer: Answer) => void;
}

/** Who waits for a call. */
interface Caller<Answer> {
  readonly resolve: (answer: Answer) => void;
  readonly fail: (error: unknown) => void;
}

type Settled<Answer> = { readonly answer: Answer } | { readonly error: unknown };

/** The answer has come back, if there is anybody to hear it. */
function hear<Answer>(
  process: SimulatedProcess,
  { heard }: Call<Answer>,
  settled: Settled<Answer>,
  caller: Caller<Answer>,
): void {
  if (!process.isAlive) return;
  if ('error' in settled) {
    caller.fail(settled.error);
    return;
  }
  heard?.(settled.answer);
  caller.resolve(settled.answer);
}

/** Of one watch. */
interface Told {
  /** True while its caller is about to be told. */
  isDue: boolean;
  isClosed: boolean;
}

/** The claim store as one process reaches it: over a network, with whatever strikes on the way. */
export class ClaimsPort implements ClaimStore {
  readonly #world: World;
  readonly #process: SimulatedProcess;
  readonly #cluster: ManagedCluster;

  constructor(world: World, process: SimulatedProcess, cluster: ManagedCluster) {
    this.#world = world;
    this.#process = process;
    this.#cluster = cluster;
  }

  create(claim: Parameters<ClaimStore['create']>[0]): Promise<IdentityClaim> {
    const { store } = this.#cluster;
    return this.#call({ operation: 'createClaim', writes: claim, act: () => store.create(claim) });
  }

  get(key: ClaimKey): Promise<IdentityClaim | undefined> {
    return this.#call({
      operation: 'getClaim',
      act: () => this.#cluster.store.get(key),
      heard: (claim) => this.#cluster.told(this.#process, claim),
    });
  }

  list(): Promise<readonly IdentityClaim[]> {
    const world = this.#world;
    let asOfMs = world.nowMs;
    return this.#call({
      operation: 'listClaims',
      act: () => {
        asOfMs = world.nowMs;
        return this.#cluster.store.list();
      },
      // as a list of live pods: what it says is as of when it left
      heard: () => this.#process.learn('listClaims', asOfMs, world.nowMs),
    });
  }

  update(claim: IdentityClaim): Promise<IdentityClaim> {
    const { store } = this.#cluster;
    return this.#call({ operation: 'updateClaim', writes: claim, act: () => store.update(claim) });
  }

  updateStatus(claim: IdentityClaim): Promise<IdentityClaim> {
    const act = (): Promise<IdentityClaim> => this.#cluster.store.updateStatus(claim);
    return this.#call({ operation: 'updateClaimStatus', writes: claim, act });
  }

  delete(claim: Parameters<ClaimStore['delete']>[0]): Promise<void> {
    const { store } = this.#cluster;
    return this.#call({ operation: 'deleteClaim', writes: claim, act: () => store.delete(claim) });
  }

  watch(onChange: () => void, only?: ClaimKey): { close(): void } {
    const told = { isDue: false, isClosed: false };
    const watch = this.#cluster.store.watch(() => {
      if (told.isDue) return;
      told.isDue = true;
      this.#tellLater(this.#cluster.watchLagMs, told, onChange);
    }, only);
    const close = (): void => {
      told.isClosed = true;
      watch.close();
    };
    this.#process.onDeath(close);
    return { close };
  }

  /** A watch that breaks is opened again, and then tells that something may have changed. */
  #tellLater(ms: number, told: Told, onChange: () => void): void {
    const { random, scheduler } = this.#world;
    scheduler.after(random.between(1, 30) + random.between(0, ms), () => {
      const process = this.#process;
      if (!process.isAlive || told.isClosed) return;
      const fault = this.#world.strike(process, 'watchClaims');
      if (!process.isAlive) return;
      if (fault === 'delay') this.#tellLater(15_000, told, onChange);
      else if (fault === 'lost response' || this.#world.isCutOffStore(process.host)) {
        scheduler.after(unansweredMs, () => this.#tellLater(2000, told, onChange));
      } else {
        told.isDue = false;
        onChange();
        if (fault === 'crash after') process.kill();
      }
    });
  }

  #call<Answer>(call: Call<Answer>): Promise<Answer> {
    const { operation, writes } = call;
    const world = this.#world;
    const process = this.#process;
    return new Promise((resolve, reject) => {
      if (!process.isAlive) return;
      const fault = world.strike(process, operation);
      if (!process.isAlive) return;
      if (writes !== undefined) this.#cluster.judgeClaimWrite(process, operation);
      if (writes !== undefined) world.note(process.name, `${operation} >`, writes);
      const fail = (error: unknown): void => {
        if (!process.isAlive) return;
        world.note(process.name, `${operation} < refused`, error);
        reject(error);
      };
      this.#send(call, fault, { resolve, fail });
    });
  }

  #send<Answer>(call: Call<Answer>, fault: Fault | undefined, caller: Caller<Answer>): void {
    const { random, scheduler } = this.#world;
    const process = this.#process;
    const isCut = this.#world.isCutOffStore(process.host);
    if (isCut) process.disturb(this.#world.storeCutUntilMs(process.host));
    const silence = (): void => {
      scheduler.after(unansweredMs, () => caller.fail(unanswered(call.operation)));
    };
    // what is under way when the network parts may have arrived
    const isLost = isCut && !(fault === 'partition' && random.chance(0.5));
    if (fault === 'error' || isLost) {
      silence();
      return;
    }
    const late = fault === 'crash after' && random.chance(0.3) ? random.between(1000, 15_000) : 0;
    if (fault === 'crash after') process.kill();
    const waits = fault === 'delay' && random.chance(0.5) ? random.between(1000, 15_000) : 0;
    const backMs = fault === 'delay' && waits === 0 ? random.between(1000, 15_000) : 0;
    const arrive = async (): Promise<void> => {
      const touched = fault === 'conflict' ? call.writes : undefined;
      const settled = await this.#carryOut(call.act, touched);
      if (isCut || fault === 'lost response') silence();
      else {
        scheduler.after(random.between(1, 30) + backMs, () => hear(process, call, settled, caller));
      }
    };
    scheduler.after(random.between(1, 30) + waits + late, () => void arrive());
  }

  /** At the store, whatever has become of who asked. */
  async #carryOut<Answer>(
    act: () => Promise<Answer>,
    touched: ClaimKey | undefined,
  ): Promise<Settled<Answer>> {
    if (touched !== undefined) await this.#cluster.touch(touched);
    try {
      return { answer: await act() };
    } catch (error) {
      return { error };
    } finally {
      await this.#cluster.reread();
    }
  }
}

function unanswered(operation: string): CoreError {
  return new CoreError({
    code: 'ClaimStoreUnreachable',
    message: `${operation} was not answered`,
    remedy: 'Look at the connection to it.',
    retry: 'later',
  });
}
