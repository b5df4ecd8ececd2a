import type { Ipv4Address } from '../address.ts';

/** RFC 3264, section 5.1, as seen by who wrote the description. */
export type Direction = 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive';

/** A UDP address of IPv4: what c= and m= of a stream say together. */
export interface Endpoint {
  readonly address: Ipv4Address;
  readonly port: number;
}

/** What one m= line says (RFC 8866, section 5.14). The index of the line is the stream's name. */
export type StreamDescription =
  | {
      readonly kind: 'relayed';
      /** audio, video, image, ... */
      readonly media: string;
      readonly transport: 'rtp' | 'udptl';
      /** Where it wants RTP; undefined when it is held with c=0.0.0.0. */
      readonly rtp: Endpoint | undefined;
      /** Where it wants RTCP; undefined when held, when there is none, and when it is on the RTP port alone. */
      readonly rtcp: Endpoint | undefined;
      /** a=rtcp-mux (RFC 5761): RTCP may arrive on the RTP port. */
      readonly rtcpMux: boolean;
      /** A hold by c=0.0.0.0 (RFC 3264, section 8.4) is shown as the direction that it means. */
      readonly direction: Direction;
    }
  | { readonly kind: 'disabled'; readonly media: string }
  /** Nothing that we relay; towards the other leg its port is 0. */
  | { readonly kind: 'refused'; readonly media: string; readonly because: string };
