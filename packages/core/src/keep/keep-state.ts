import type { GrantState } from '../cloud/identity-grant.ts';
import type { CoreError, CoreErrorCode } from '../errors.ts';
import type { PublicIdentity } from '../identity/public-identity.ts';
import type { KernelStep } from '../kernel/kernel-step.ts';
import type { WireOutcome } from './judge-wire.ts';
import type { KeepEnd, KeepEvent, Loss } from './keep-event.ts';

/** What a keep knows between two looks. */
export interface KeepState {
  readonly identity: PublicIdentity;
  readonly standing:
    | { readonly kind: 'published' }
    /** Not proven, or not writable. */
    | {
        readonly kind: 'unpublished';
        /** What was said of it last: each trouble is told once. */
        readonly told: CoreErrorCode | undefined;
        /** True when an earlier publication may still stand: it could not be replaced, or nobody has looked yet. */
        readonly leftOver: boolean;
      }
    /** To be fenced, until that is done; `told` is why it was not, as was said last. */
    | { readonly kind: 'lost'; readonly loss: Loss; readonly told?: CoreErrorCode }
    | { readonly kind: 'ended'; readonly end: KeepEnd };
  /** Why the wire speaks against it, until the wire speaks for it: as long it is not published. */
  readonly refutedBy?: CoreError;
  /** True when what EC2 lost was not put back, since the claim was being given back for all one could see. */
  readonly isLetGo?: boolean;
  /**
   * Of an association that was claimed anew and is published nowhere: how far the look at EC2 is on which it will be. Who could not
   * publish it at once does so on what is so then. Absent: it has been published.
   */
  readonly untold?: 'to-be-looked-at' | 'being-looked-at' | 'looked-at';
}

/** What was seen, or came of an act. */
export type Seen =
  | {
      readonly kind: 'kernel-looked-at';
      readonly repaired: readonly KernelStep[];
      /** Why the identity is not proven; undefined when it is. */
      readonly unproven?: CoreError | undefined;
      /**
       * Of a look that failed, and showed nothing against the identity: for how many intervals of the keep none has
       * told more. Absent: the kernel said it.
       */
      readonly silentFor?: number | undefined;
    }
  /** What EC2 showed of one association, which may be replaced meanwhile. */
  | {
      readonly kind: 'cloud-looked-at';
      readonly of: string;
      readonly state: GrantState;
      /** When it was answered, by `Clock.elapsed`. */
      readonly uptimeMs: number;
    }
  | { readonly kind: 'cloud-silent'; readonly error: CoreError }
  /** What STUN servers saw of one association. */
  | { readonly kind: 'wire-asked'; readonly of: string; readonly outcome: WireOutcome }
  /** Another process of the pod has given it back, or is about to. */
  | { readonly kind: 'publication-released' }
  /** What stands published instead of the last publication of this keep. */
  | { readonly kind: 'publication-replaced'; readonly by: PublicIdentity | undefined }
  /** It cannot be read as an identity; PublishFailed: nor at all. */
  | { readonly kind: 'publication-torn'; readonly error: CoreError }
  | { readonly kind: 'published'; readonly identity: PublicIdentity }
  | { readonly kind: 'publish-failed'; readonly error: CoreError }
  | { readonly kind: 'withdrawn'; readonly because: CoreError }
  | { readonly kind: 'withdraw-failed'; readonly error: CoreError }
  | { readonly kind: 'fenced' }
  | { readonly kind: 'fence-failed'; readonly error: CoreError }
  | { readonly kind: 'given-back' }
  | { readonly kind: 'give-back-failed'; readonly error: CoreError }
  | { readonly kind: 'closed' };

/** What is to be done next; what comes of it is seen again. */
export type KeepAct =
  | { readonly kind: 'tell'; readonly event: KeepEvent }
  | { readonly kind: 'publish' }
  | { readonly kind: 'withdraw'; readonly because: CoreError }
  | { readonly kind: 'fence' }
  /** In EC2, once fenced, for a pod that asked for it. */
  | { readonly kind: 'give-back' }
  | { readonly kind: 'look-at-link' }
  | { readonly kind: 'look-at-cloud' };

export interface Decision {
  readonly state: KeepState;
  readonly acts: readonly KeepAct[];
}
