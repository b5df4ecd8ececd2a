// Take a public identity, use it, give it back: in memory, with no AWS, no root and no cluster.
// In a pod, leave `node` out.
import { bindAddressFor, ensurePublicIdentity } from '@truetuple/core';
import { simulatedPod } from '@truetuple/core/testing';

const { spec, node } = simulatedPod();
await using held = await ensurePublicIdentity(spec, { node });
const { identity } = held;
console.log(`advertise ${identity.publicIp}`);
console.log(`for 198.51.100.50 on the Internet bind ${bindAddressFor(identity, '198.51.100.50')}`);
console.log(`for 10.0.1.100 in the VPC bind ${bindAddressFor(identity, '10.0.1.100')}`);
