import type { Socket } from 'node:dgram';
import type { IdentitySpecInput, PublicIdentity } from '@truetuple/core';
import type { SimulatedEc2 } from '@truetuple/core/testing';
import type { PeerNetworks } from '@truetuple/sip-gateway';
import type { Phones } from './calls/phones.ts';
import type { PeerClass, Role, Tuple } from './traffic/flow.ts';
import type { PodProcess } from './pod/pod-process.ts';
import type { NatDoor, PodWorld } from './pod/pod-protocol.ts';
import type { Leftover, Level, ObservedBy, Sabotage, StockRow } from './report/report.ts';
import type { FlowTally } from './traffic/tally.ts';

/** A socket of a far side. `called`: the port that calls the pod; `fresh`: one that never sends. */
export interface PeerSocket {
  readonly peer: PeerClass;
  readonly role: Role;
  readonly use: 'called' | 'fresh';
  readonly socket: Socket;
  /** The tuple it is reached at. */
  readonly tuple: Tuple;
}

/** What a gateway is given, and where it is called. */
export interface GatewayPlace {
  readonly networks: PeerNetworks;
  readonly sipPort: number;
  /** What it advertises for SIP. */
  readonly tuple: Tuple;
}

/** Port: the world that the acts play in. Sides: a VPC in a box; simulators and 127.0.0.1. */
export interface Stage extends AsyncDisposable {
  readonly level: Level;
  /** Why it is the level it is. */
  readonly levelReason: string;
  readonly ec2: SimulatedEc2;
  /** Where the pod's process reaches EC2. */
  readonly ec2Endpoint: string;
  readonly podWorld: PodWorld;
  readonly spec: IdentitySpecInput;
  readonly observedBy: ObservedBy;
  /** What this level does not show. */
  readonly notProven: readonly string[];

  /** Act 1: an app on eth0. */
  playStockPath(): Promise<readonly StockRow[]>;
  /** Starts the pod's program; `sabotage` puts a faulty wire under it. */
  startPod(sabotage?: Sabotage): PodProcess;
  /** Act 1: a gateway on eth0; undefined where the stage has none. */
  readonly stockGateway: GatewayPlace | undefined;
  /** Act 2: a gateway on the identity; `advertise` as a sabotage says. */
  gatewayOn(identity: PublicIdentity, advertise: 'public' | 'private'): Promise<GatewayPlace>;
  /** User agents of the far sides; undefined where they could not be reached. */
  openPhones(): Promise<Phones | undefined>;
  openPeers(): Promise<readonly PeerSocket[]>;
  /** Where a far side's packet to a tuple of the pod goes; undefined when nothing carries it. */
  wayToPod(from: PeerSocket, to: Tuple): Promise<Tuple | undefined>;
  /** User-space NATs that the pod's packets take when its kernel sends them out of eth0. */
  natDoors(peers: readonly PeerSocket[]): Promise<readonly NatDoor[]>;
  /** What the links of the receiving hosts saw of a flow; undefined where links cannot be captured. */
  captured(
    flow: string,
    peer: PeerClass | 'pod',
    atLeast: number,
  ): Promise<CapturedFlow | undefined>;
  /** Takes the dead pod's sandbox away, as the kubelet does. */
  removeSandbox(): Promise<void>;
  /** What is left of the pod outside EC2. */
  leftOfPod(): Promise<readonly Leftover[]>;
  /** What is left of the stage itself, once it is disposed of. */
  leftAfterClose(): Promise<readonly Leftover[]>;
}

export interface CapturedFlow {
  readonly tally: FlowTally;
  /** The capture's file name in `--pcap`. */
  readonly file: string;
}
