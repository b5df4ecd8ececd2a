import type { EngineBench } from './engine-bench.ts';
import type { PeerRequest, SipPeer } from './sip-peer.ts';

/** A call from the peer, answered by an application that answers at once. @returns the application's tag */
export async function establishCall(
  bench: EngineBench,
  peer: SipPeer,
  invite: Omit<PeerRequest, 'method'>,
): Promise<string> {
  const { callId } = invite;
  peer.send({ ...invite, method: 'INVITE' });
  await bench.run(10);
  const toTag = peer.response(200).essentials.toTag ?? '';
  peer.send({ method: 'ACK', callId, toTag });
  await bench.run(10);
  return toTag;
}
