import { describe, it } from 'vitest';
import { datagramPortCases } from '../datagram-port-cases.ts';
import { FakeInternet } from './fake-internet.ts';

describe('FakeInternet as a DatagramPort', () => {
  it.each(datagramPortCases)('$title', ({ run }) =>
    run(new FakeInternet({ hasAddress: (address) => address === '10.0.2.128' }), '10.0.2.128'),
  );
});
