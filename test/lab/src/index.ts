export { capture, Capture, type CapturedPacket, type CaptureOptions } from './capture/capture.ts';
export { decodeFrame } from './capture/decode-packet.ts';
export { describeFrame } from './capture/describe-packet.ts';
export type * from './capture/packet.ts';
export { privateAddressesIncoming } from './capture/private-addresses-incoming.ts';
export { udpDatagram, udpDatagrams, type UdpDatagram } from './capture/udp-datagram.ts';
export { encodePcapHeader, encodePcapRecord, type PcapRecord } from './capture/pcap.ts';
export type { BoxOptions, PodOptions } from './box/box-options.ts';
export type { DataPlane, DropCounters } from './box/data-plane.ts';
export {
  describeBoxToEc2,
  poolTag,
  type BoxInEc2,
  type DescribeBoxOptions,
} from './box/describe-box-to-ec2.ts';
export type { ChangingEc2 } from './box/follow-ec2.ts';
export { linkIndex } from './box/build-topology.ts';
export type { DropName } from './box/rulesets.ts';
export { checkBoxPrerequisites, type BoxPrerequisites } from './box/prerequisites.ts';
export {
  boxAddresses,
  type EniName,
  type Net1Kind,
  type RouteTableName,
  type SubnetName,
} from './box/topology.ts';
export { openBox, type BoxEni, type BoxHostName, type BoxPod, type VpcBox } from './box/vpc-box.ts';
export {
  startEc2Endpoint,
  type Ec2Endpoint,
  type Ec2EndpointOptions,
} from './ec2-endpoint/start-ec2-endpoint.ts';
export { LabError, type LabErrorCode } from './errors.ts';
export type { MetadataLag } from './instance-metadata/late-addresses.ts';
export type { RoleCredentials } from './instance-metadata/metadata-paths.ts';
export {
  startMetadataEndpoint,
  type MetadataBehaviour,
  type MetadataEndpoint,
  type MetadataEndpointOptions,
} from './instance-metadata/start-metadata-endpoint.ts';
export {
  startBaresip,
  type Baresip,
  type BaresipEvent,
  type BaresipOptions,
} from './peers/baresip.ts';
export { startCoturn, type Coturn, type CoturnOptions } from './peers/coturn.ts';
export { startKamailio, type KamailioOptions } from './peers/kamailio.ts';
export { callee } from './peers/sipp/callee.ts';
export { caller, type MediaDirection } from './peers/sipp/caller.ts';
export { startSipp, type Sipp, type SippOptions, type SippOutcome } from './peers/sipp/run-sipp.ts';
export { parseSippStatistics, type SippStatistics } from './peers/sipp/statistics.ts';
export type { SippRead, SippStep } from './peers/sipp/scenario.ts';
export { startRtpengine, type Rtpengine, type RtpengineOptions } from './peers/rtpengine.ts';
export type { SourceReport } from './peers/source-tally.ts';
export { decodeMuLaw, shareOfTone } from './peers/tone.ts';
export {
  openUdpPeer,
  type NumberedRun,
  type ReceivedDatagram,
  type Tuple,
  type UdpPeer,
  type UdpPeerOptions,
} from './peers/udp-peer.ts';
export { socketTransport } from './peers/socket-transport.ts';
export { findProgram } from './socket/find-program.ts';
export { runIn, runToEnd } from './socket/run-in.ts';
export { listeningFdIn, tcpConnectIn, tcpListenIn, type TcpConnectIn } from './socket/tcp-in.ts';
export { udpIn } from './socket/udp-in.ts';
