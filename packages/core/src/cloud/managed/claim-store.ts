import type { ClaimKey, ClaimSpec, IdentityClaim } from './claim.ts';

/** A claim that is not in the store yet. */
export interface NewClaim extends ClaimKey {
  readonly finalizers: readonly string[];
  readonly spec: ClaimSpec;
}

/**
 * Port: where claims are kept, with the semantics of Kubernetes objects. Reads answer at least all writes that were answered to
 * anybody before (a list of Kubernetes without `resourceVersion`). Values are never shared: what a caller does to one changes no
 * other. A write whose answer is lost may have been done.
 *
 * Every rejection is a CoreError: ClaimStoreUnreachable when the store did not answer, and what each call names.
 */
export interface ClaimStore {
  /** @throws CoreError ClaimExists when there is one of that name, be it being deleted. */
  create(claim: NewClaim): Promise<IdentityClaim>;
  get(key: ClaimKey): Promise<IdentityClaim | undefined>;
  list(): Promise<readonly IdentityClaim[]>;
  /**
   * Writes `spec` and `finalizers`, and nothing else. A claim that is being deleted disappears with its last finalizer.
   * @throws CoreError ClaimConflict when somebody wrote it since it was read; ClaimNotFound.
   */
  update(claim: IdentityClaim): Promise<IdentityClaim>;
  /** Writes `status`, and nothing else. @throws CoreError as update. */
  updateStatus(claim: IdentityClaim): Promise<IdentityClaim>;
  /** Done when it is not there, or is another object than that uid's. With finalizers it stays, `isDeleting`. */
  delete(claim: ClaimKey & Pick<IdentityClaim, 'uid'>): Promise<void>;
  /**
   * Calls for each change after it was opened, and perhaps now and then without one; several changes may be one call. What
   * has changed is to be read.
   * @param only That claim; default all.
   */
  watch(onChange: () => void, only?: ClaimKey): ClaimWatch;
}

/** Ends with close(). */
export interface ClaimWatch {
  close(): void;
}
