import type { Ipv4Address } from '../identity/address.ts';

/** Port: which pods live. The agent asks Kubernetes; a script or a test says it. */
export interface Liveness {
  livePods(): Promise<LivePods>;
}

export interface LivePods {
  /** False when the list may miss pods: then nothing is unassigned or disassociated. */
  readonly complete: boolean;
  readonly pods: readonly LivePod[];
}

export interface LivePod {
  readonly uid: string;
  /** Its private IPs on media ENIs; unknown means: spare everything that could be its. */
  readonly privateIps: readonly Ipv4Address[] | 'unknown';
}
