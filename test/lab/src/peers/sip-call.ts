import type { Tuple } from '@truetuple/sip-engine';
import type { SipDialog } from './sip-dialog.ts';

/** What a call needs of its user agent. */
export interface CallParts {
  readonly dialog: SipDialog;
  readonly media: Tuple | undefined;
  /** Sends BYE; the status of its answer, undefined when none came. */
  readonly bye: (patienceMs?: number) => Promise<number | undefined>;
}

/** A call that was answered, seen from one side. */
export class SipCall {
  readonly callId: string;
  /** Where the far side says that it hears RTP; undefined when it said nothing of audio. */
  readonly media: Tuple | undefined;
  /** Settled once the 200 was acknowledged, by an ACK that was sent or one that came. */
  readonly acknowledged: Promise<void>;
  /** Settled once a BYE of the far side came. */
  readonly ended: Promise<void>;
  readonly #bye: CallParts['bye'];
  readonly #acknowledged = Promise.withResolvers<void>();
  readonly #ended = Promise.withResolvers<void>();

  constructor({ dialog, media, bye }: CallParts) {
    this.callId = dialog.callId;
    this.media = media;
    this.acknowledged = this.#acknowledged.promise;
    this.ended = this.#ended.promise;
    this.#bye = bye;
  }

  /** Ends the call; the status of the answer to BYE, undefined when none came in time. */
  hangUp(patienceMs?: number): Promise<number | undefined> {
    return this.#bye(patienceMs);
  }

  /** Of the user agent: the ACK is there. */
  takeAck(): void {
    this.#acknowledged.resolve();
  }

  /** Of the user agent: a BYE came. */
  takeBye(): void {
    this.#ended.resolve();
  }
}
