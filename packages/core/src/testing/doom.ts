import { aroundEc2, isRead } from '../cloud/ec2/around-ec2.ts';
import type { Ec2Api } from '../cloud/ec2/ec2-api.ts';
import { Ec2CallError } from '../cloud/ec2/ec2-call-error.ts';
import type { ClaimStore } from '../cloud/managed/claim-store.ts';

/** Has a controller die at one of its writes, to EC2 or to the claim store: with that not carried out, or its answer lost. */
export class Doom {
  #left: number;
  #isCarriedOut: boolean;
  readonly #onDeath: () => void;
  hasStruck = false;

  /** @param at Which write from now on; 0: none. */
  constructor(at: number, isCarriedOut: boolean, onDeath: () => void) {
    this.#left = at;
    this.#isCarriedOut = isCarriedOut;
    this.#onDeath = onDeath;
  }

  /** As the constructor, anew. */
  arm(at: number, isCarriedOut: boolean): void {
    this.#left = at;
    this.#isCarriedOut = isCarriedOut;
  }

  ec2(ec2: Ec2Api): Ec2Api {
    return aroundEc2(ec2, (action, call, make) =>
      isRead(action) ? make(call) : this.#write(() => make(call)),
    );
  }

  claims(claims: ClaimStore): ClaimStore {
    return {
      create: (claim) => claims.create(claim),
      get: (key) => claims.get(key),
      list: () => claims.list(),
      update: (claim) => this.#write(() => claims.update(claim)),
      updateStatus: (claim) => this.#write(() => claims.updateStatus(claim)),
      delete: (claim) => this.#write(() => claims.delete(claim)),
      watch: (onChange, only) => claims.watch(onChange, only),
    };
  }

  async #write<Answer>(make: () => Promise<Answer>): Promise<Answer> {
    this.#left -= 1;
    if (this.#left !== 0) return make();
    this.hasStruck = true;
    if (this.#isCarriedOut) await make();
    this.#onDeath();
    throw new Ec2CallError({ action: 'it', ec2Code: 'gone', message: 'the controller is gone' });
  }
}
