import { nameClaim, type ClaimKey, type IdentityClaim } from '../cloud/managed/claim.ts';
import type { ClaimStore, ClaimWatch, NewClaim } from '../cloud/managed/claim-store.ts';
import { CoreError, type CoreErrorCode } from '../errors.ts';

/** What a claim store can be told to do wrong, once. */
export interface ClaimStoreFault {
  readonly call: 'create' | 'get' | 'list' | 'update' | 'updateStatus' | 'delete';
  /** `unanswered`: not carried out. `answer-lost`: carried out, and yet ClaimStoreUnreachable. */
  readonly outcome: 'unanswered' | 'answer-lost';
}

/** A ClaimStore in memory, with the semantics of Kubernetes objects. What it answers is frozen. */
export class MemoryClaimStore implements ClaimStore {
  readonly #claims = new Map<string, IdentityClaim>();
  readonly #watches = new Set<{
    readonly onChange: () => void;
    readonly only: string | undefined;
  }>();
  #faults: ClaimStoreFault[] = [];
  #counter = 0;
  readonly #now: () => number;
  /** False: nobody reaches it. */
  isReachable = true;

  /** @param now Tells when claims are made, in milliseconds since 1970; default each is made a millisecond after the last write. */
  constructor(now?: () => number) {
    this.#now = now ?? (() => this.#counter);
  }

  /** The next call of that kind goes wrong so. */
  inject(fault: ClaimStoreFault): void {
    this.#faults.push(fault);
  }

  create(claim: NewClaim): Promise<IdentityClaim> {
    return this.#answer('create', () => {
      const name = nameClaim(claim);
      if (this.#claims.has(name)) throw refusal('ClaimExists', `creating claim ${name}`, 'now');
      return this.#put({
        namespace: claim.namespace,
        name: claim.name,
        uid: `claim-${(this.#counter += 1)}`,
        resourceVersion: '',
        createdAtMs: this.#now(),
        finalizers: claim.finalizers,
        isDeleting: false,
        spec: claim.spec,
        status: null,
      });
    });
  }

  get(key: ClaimKey): Promise<IdentityClaim | undefined> {
    return this.#answer('get', () => this.#claims.get(nameClaim(key)));
  }

  list(): Promise<readonly IdentityClaim[]> {
    return this.#answer('list', () => [...this.#claims.values()]);
  }

  update(claim: IdentityClaim): Promise<IdentityClaim> {
    return this.#answer('update', () => {
      const now = this.#current(claim);
      const { finalizers, spec } = claim;
      if (now.isDeleting && finalizers.length === 0) return this.#remove({ ...now, spec });
      return this.#put({ ...now, finalizers, spec });
    });
  }

  updateStatus(claim: IdentityClaim): Promise<IdentityClaim> {
    return this.#answer('updateStatus', () =>
      this.#put({ ...this.#current(claim), status: claim.status }),
    );
  }

  async delete(claim: ClaimKey & Pick<IdentityClaim, 'uid'>): Promise<void> {
    await this.#answer('delete', () => {
      const now = this.#claims.get(nameClaim(claim));
      if (now === undefined || now.uid !== claim.uid) return undefined;
      if (now.finalizers.length === 0) return this.#remove(now);
      return now.isDeleting ? now : this.#put({ ...now, isDeleting: true });
    });
  }

  watch(onChange: () => void, only?: ClaimKey): ClaimWatch {
    const watch = { onChange, only: only && nameClaim(only) };
    this.#watches.add(watch);
    return { close: () => void this.#watches.delete(watch) };
  }

  /** @throws CoreError ClaimNotFound, ClaimConflict. */
  #current(claim: IdentityClaim): IdentityClaim {
    const name = nameClaim(claim);
    const now = this.#claims.get(name);
    if (now === undefined || now.uid !== claim.uid) {
      throw refusal('ClaimNotFound', `writing claim ${name}`, 'never');
    }
    if (now.resourceVersion !== claim.resourceVersion) {
      throw refusal('ClaimConflict', `writing claim ${name}`, 'now');
    }
    return now;
  }

  #put(claim: IdentityClaim): IdentityClaim {
    const written = frozenCopy({ ...claim, resourceVersion: `${(this.#counter += 1)}` });
    const name = nameClaim(claim);
    this.#claims.set(name, written);
    this.#tell(name);
    return written;
  }

  #remove(claim: IdentityClaim): IdentityClaim {
    this.#claims.delete(nameClaim(claim));
    this.#tell(nameClaim(claim));
    return claim;
  }

  #tell(name: string): void {
    for (const { onChange, only } of this.#watches)
      if (only === undefined || only === name) onChange();
  }

  async #answer<Answer>(call: ClaimStoreFault['call'], act: () => Answer): Promise<Answer> {
    // no answer comes in the same turn as its question
    await Promise.resolve();
    const fault = this.#faults.find((one) => one.call === call);
    this.#faults = this.#faults.filter((one) => one !== fault);
    if (!this.isReachable || fault?.outcome === 'unanswered') throw unreachable(call);
    const answer = act();
    if (fault?.outcome === 'answer-lost') throw unreachable(call);
    return answer;
  }
}

/** Of plain data, as claims are: nobody can change what others have got too. */
function frozenCopy<Value>(value: Value): Value {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value))
    return Object.freeze(value.map((part: unknown) => frozenCopy(part))) as Value;
  const copy: Record<string, unknown> = {};
  for (const [name, part] of Object.entries(value)) copy[name] = frozenCopy(part);
  return Object.freeze(copy) as Value;
}

function refusal(code: CoreErrorCode, tried: string, retry: 'now' | 'never'): CoreError {
  const remedy = 'Read the claim again, and decide anew.';
  return new CoreError({ code, message: `${tried}: refused`, remedy, retry });
}

function unreachable(call: string): CoreError {
  return new CoreError({
    code: 'ClaimStoreUnreachable',
    message: `${call} of the claim store was not answered`,
    remedy: 'Look at the connection to it; the call may have been carried out.',
    retry: 'later',
  });
}
