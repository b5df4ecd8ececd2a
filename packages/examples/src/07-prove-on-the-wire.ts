// What a STUN server sees is the proof. Somebody deletes a rule, and the report says what to put right.
import { ensurePublicIdentity, verifyPublicIdentity, type VerifyReport } from '@truetuple/core';
import { simulatedPod } from '@truetuple/core/testing';

const { spec, node, kernel, internet } = simulatedPod();
const at = { address: '198.51.100.50', port: 3478 };
internet.addStunServer({ at, other: { address: '198.51.100.51', port: 3479 } });
const wire = { stunServers: ['198.51.100.50'], ports: [5060, 16384] };
// no application runs here; beside one, lend its socket or name a reservedPort
const bindsFreePorts = true;

function tell({ outboundProven, inboundProven, findings }: VerifyReport): void {
  console.log(`outbound ${outboundProven}, inbound ${inboundProven}`);
  for (const { code, seen, causedBy } of findings) {
    console.log(`${code}${causedBy.length > 0 ? ` (by ${causedBy.join(', ')})` : ''}: ${seen}`);
  }
}

// nothing is published before both ways are proven
const held = await ensurePublicIdentity({ ...spec, proof: { require: 'inbound', wire } }, { node });
tell(await verifyPublicIdentity(held, { node, wire, bindsFreePorts }));

const [rule] =
  (await kernel.observe('net1', 200))?.rules.filter(({ table }) => table === 200) ?? [];
if (rule !== undefined) kernel.removeRule(rule);
tell(await verifyPublicIdentity(held, { node, wire, bindsFreePorts }));
