import type { Ipv4Address } from '../identity/address.ts';

/** Port: which pods live. The agent asks Kubernetes; a script or a test says it. */
export interface Liveness {
  /**
   * Asked after EC2 was read. A rejection means the same as an incomplete list: nobody knows who lives. `signal` ends when nobody waits for
   * the answer any more.
   */
  livePods(call?: { readonly signal?: AbortSignal | undefined }): Promise<LivePods>;
}

/** The pods that may hold something of a pool. */
export interface LivePods {
  /** False when the list may miss pods: then nothing is unassigned or disassociated. */
  readonly complete: boolean;
  /**
   * The cluster that was asked, as owner records name it: what another cluster's pods hold is then not judged by
   * this list. Undefined: it is of every cluster that uses the pool.
   */
  readonly cluster?: string | undefined;
  readonly pods: readonly LivePod[];
  /**
   * Of two lists the one with the greater version is the later one (the list's metadata.resourceVersion: comparable since Kubernetes 1.35,
   * KEP-5504). Undefined: nobody can tell which is, since lists that are served from caches may go back in time.
   */
  readonly version?: number | undefined;
}

/** One pod that is not proven dead. */
export interface LivePod {
  readonly uid: string;
  /** The node it runs on, for messages; undefined before it is scheduled. */
  readonly node?: string | undefined;
  /**
   * The EC2 instance of its node (the node's spec.providerID): its private IPs are on no other instance's
   * network interfaces, be they registered there since a dead pod had them. Undefined: they may be on any.
   */
  readonly instanceId?: string | undefined;
  /** Its private IPs on media ENIs; unknown means: spare everything that could be its. */
  readonly privateIps: readonly Ipv4Address[] | 'unknown';
  /**
   * When it was created, by the cluster's clock, in milliseconds since 1970 (its metadata.creationTimestamp): a list that has it is
   * no older. Undefined: nobody can tell how old the list is.
   */
  readonly createdAtMs?: number | undefined;
  /**
   * False for a pod that never asks for an address of the pool. Any other whose private IPs do not all carry
   * one may be claiming one at this moment, be it that describes do not show it yet; default true.
   */
  readonly mayClaim?: boolean | undefined;
}
