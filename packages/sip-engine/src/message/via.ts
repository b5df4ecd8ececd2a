import type { HostPort } from './host-port.ts';
import type { Parameter } from './parameter.ts';

/** RFC 3261 20.42: one Via value. */
export interface Via {
  /** As written, such as "UDP". */
  readonly transport: string;
  readonly sentBy: HostPort;
  readonly parameters: readonly Parameter[];
}
