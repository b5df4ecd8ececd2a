import {
  boxAddresses,
  openUdpPeer,
  type BoxHostName,
  type ReceivedDatagram,
  type UdpPeer,
  type VpcBox,
} from '@truetuple/lab';

/** Generous: under software emulation a row is a hundred times slower. */
export const patienceMs = 5000;

/** What one call and its answer looked like from both ends. */
export interface Exchange {
  /** The caller's tuple as the callee saw it. */
  readonly calleeSaw: string;
  /** The callee's tuple as the caller saw it, in the answer. */
  readonly callerSaw: string;
}

/** The sockets of one row. They close with it. */
export class Hosts implements AsyncDisposable {
  readonly box: VpcBox;
  readonly #open: UdpPeer[] = [];

  constructor(box: VpcBox) {
    this.box = box;
  }

  /** A peer on the Internet. */
  peer(port = 5060, address: string = boxAddresses.peer): Promise<UdpPeer> {
    return this.#udp('peer', address, port);
  }

  /** A host of the VPC's private subnet. */
  client(port = 5060): Promise<UdpPeer> {
    return this.#udp('client', boxAddresses.client, port);
  }

  /** A host of a VPC subnet whose route table never has our /32. */
  isolated(port = 5060): Promise<UdpPeer> {
    return this.#udp('isolated', boxAddresses.isolated, port);
  }

  pod(address: string, port = 5060): Promise<UdpPeer> {
    return this.#udp('pod', address, port);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#open.map((socket) => socket.close()));
  }

  async #udp(host: BoxHostName, address: string, port: number): Promise<UdpPeer> {
    const namespace = this.box.namespaces[host];
    const socket = await openUdpPeer({ namespace, address, port });
    this.#open.push(socket);
    return socket;
  }
}

/** One datagram from the caller to a tuple, and the callee's answer to whoever it came from. */
export async function exchange(caller: UdpPeer, to: string, callee: UdpPeer): Promise<Exchange> {
  await caller.send(to, 'call');
  const call = await callee.waitFor(says('call'), patienceMs);
  await callee.send(call.from, 'answer');
  const answer = await caller.waitFor(says('answer'), patienceMs);
  return { calleeSaw: call.from, callerSaw: answer.from };
}

/** The source tuple that the far side sees of one datagram. */
export async function sourceSeen(from: UdpPeer, to: UdpPeer): Promise<string> {
  await from.send(to.tuple, 'one way');
  return (await to.waitFor(says('one way'), patienceMs)).from;
}

/** Recognises a datagram by its text. */
export function says(text: string): (datagram: ReceivedDatagram) => boolean {
  return ({ payload }) => payload.toString() === text;
}
