import type { PrivateAddress } from '../report/report.ts';
import type { SeenDatagram } from './phones.ts';

const pattern =
  /(?<![\d.])(?:10\.\d+\.\d+\.\d+|192\.168\.\d+\.\d+|172\.(?:1[6-9]|2\d|3[01])\.\d+\.\d+|100\.(?:6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.\d+\.\d+|169\.254\.\d+\.\d+)(?![\d.])/g;

/** Every private address in the text of datagrams. */
export function privateAddresses(datagrams: readonly SeenDatagram[]): readonly PrivateAddress[] {
  return datagrams.flatMap(({ payload }) =>
    [...Buffer.from(payload).toString('latin1').matchAll(pattern)].map(([address]) => ({
      address,
      where: 'text',
    })),
  );
}
