import { GatewayError } from '../../errors.ts';
import type { MediaEvent } from '../../media/media-relay.ts';
import type { NgControl } from './ng-control.ts';

export interface RtpengineCallsParts {
  readonly control: Pick<NgControl, 'ask'>;
  readonly emit: (event: MediaEvent) => void;
  /** Polls without one answer after which the relay is said to be gone. */
  readonly lostAfter: number;
}

/** Deletes on their way at one time: hundreds at once are more than its socket takes in. */
const mostAtOnce = 32;

/** Which calls an rtpengine holds for us, and which it should have forgotten but was not reached about. */
export class RtpengineCalls {
  readonly #parts: RtpengineCallsParts;
  readonly #held = new Set<string>();
  /** Those whose offer has no answer yet, so that it may not know them. */
  readonly #offered = new Set<string>();
  readonly #undeleted = new Set<string>();
  #silentPolls = 0;
  #isPolling = false;

  constructor(parts: RtpengineCallsParts) {
    this.#parts = parts;
  }

  /** Calls that it has, and those that it could not be told to delete. */
  get size(): number {
    return this.#held.size + this.#undeleted.size;
  }

  /** Makes an offer, with which it has the call. What an older call of the same name left behind is deleted first. */
  async hold<T>(callId: string, offer: () => Promise<T>): Promise<T> {
    if (this.#undeleted.has(callId)) await this.release(callId);
    this.#held.add(callId);
    this.#offered.add(callId);
    try {
      return await offer();
    } finally {
      this.#offered.delete(callId);
    }
  }

  /** Deletes a call; one that rtpengine could not be told about is deleted when it answers again. */
  async release(callId: string): Promise<void> {
    this.#held.delete(callId);
    this.#undeleted.add(callId);
    // without it rtpengine goes on relaying a deleted call for 30 seconds
    await this.#parts.control.ask('delete', { 'call-id': callId, 'delete-delay': 0 });
    this.#undeleted.delete(callId);
  }

  /** @throws the first refusal, after every call was tried; once rtpengine is silent the rest is not tried */
  async releaseAll(): Promise<void> {
    // every lane takes the next one of them
    const all = [...this.#held, ...this.#undeleted].values();
    const failures: unknown[] = [];
    const lane = async (): Promise<void> => {
      for (const callId of all) {
        try {
          await this.release(callId);
        } catch (error) {
          failures.push(error);
          if (isSilence(error)) return;
        }
      }
    };
    await Promise.all(Array.from({ length: mostAtOnce }, lane));
    if (failures.length > 0) throw failures[0];
  }

  /**
   * Asks whether rtpengine is there and still has every call: it drops those without media by itself. One that is silent
   * says nothing about its calls, until it was silent for too long.
   */
  async poll(): Promise<void> {
    if (this.#isPolling) return;
    this.#isPolling = true;
    try {
      if (!(await this.#answers())) return;
      // once it is silent each further call would wait for its time-out, and the next ping for all of them
      for (const callId of this.#undeleted) {
        if (!(await isAnswered(this.release(callId)))) return;
      }
      for (const callId of this.#held) {
        if (this.#offered.has(callId)) continue;
        if (!(await isAnswered(this.#findDropped(callId)))) return;
      }
    } finally {
      this.#isPolling = false;
    }
  }

  async #answers(): Promise<boolean> {
    try {
      await this.#parts.control.ask('ping', {});
      this.#silentPolls = 0;
      return true;
    } catch {
      this.#silentPolls += 1;
      // said once for each silence
      if (this.#silentPolls === this.#parts.lostAfter) this.#tellGone();
      return false;
    }
  }

  #tellGone(): void {
    const because = `rtpengine did not answer ${this.#parts.lostAfter} times in a row`;
    this.#parts.emit({ kind: 'relay-failed', because });
  }

  async #findDropped(callId: string): Promise<void> {
    const reply = await this.#parts.control.ask('query', { 'call-id': callId });
    if (reply === undefined && this.#held.delete(callId)) {
      this.#parts.emit({ kind: 'media-timed-out', callId });
    }
  }
}

/** Whether rtpengine said anything, be it a refusal. */
async function isAnswered(asked: Promise<void>): Promise<boolean> {
  try {
    await asked;
    return true;
  } catch (error) {
    return !isSilence(error);
  }
}

function isSilence(error: unknown): boolean {
  return GatewayError.is(error) && error.code === 'MediaRelayUnreachable';
}
