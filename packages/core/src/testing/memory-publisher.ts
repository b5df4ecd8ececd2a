import type { PublicIdentity } from '../identity/public-identity.ts';
import type { Publisher } from '../identity/publisher.ts';

/** A Publisher that keeps what is published in memory. */
export class MemoryPublisher implements Publisher {
  #published: PublicIdentity | undefined;
  #released: PublicIdentity | undefined;
  #generation = 0;

  async publish(identity: Omit<PublicIdentity, 'generation'>): Promise<PublicIdentity> {
    this.#released = undefined;
    return this.#publish(identity);
  }

  async republish(identity: PublicIdentity): Promise<PublicIdentity | undefined> {
    return (await this.isReleased(identity)) ? undefined : this.#publish(identity);
  }

  #publish(identity: Omit<PublicIdentity, 'generation'>): PublicIdentity {
    this.#generation += 1;
    this.#published = { ...identity, generation: this.#generation };
    return this.#published;
  }

  async withdraw(identity: PublicIdentity): Promise<void> {
    const held = this.#published;
    if (held?.associationId === identity.associationId && held.owner.uid === identity.owner.uid) {
      this.#published = undefined;
    }
  }

  async release(identity: PublicIdentity): Promise<void> {
    this.#released = identity;
    await this.withdraw(identity);
  }

  async isReleased({ owner, allocationId }: PublicIdentity): Promise<boolean> {
    const released = this.#released;
    return released?.owner.uid === owner.uid && released.allocationId === allocationId;
  }

  async current(): Promise<PublicIdentity | undefined> {
    return this.#published;
  }
}
