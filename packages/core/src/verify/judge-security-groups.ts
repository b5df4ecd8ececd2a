import type { IpPermission, SecurityGroup } from '../cloud/ec2-api.ts';
import type { Observation } from './finding.ts';

const everywhere = '0.0.0.0/0';

/**
 * Pure: what the security groups of a network interface let in and out, all of them together, as EC2 adds them
 * up. Where packets go is not known, so outbound is wanted everywhere.
 */
export function judgeSecurityGroups(
  groups: readonly SecurityGroup[],
  ports: readonly number[],
): Observation[] {
  const named = groups.map(({ groupId }) => groupId).join(', ');
  const ingress = groups.flatMap(({ ipPermissions }) => ipPermissions).filter(isForUdp);
  const egress = groups.flatMap(({ ipPermissionsEgress }) => ipPermissionsEgress).filter(isForUdp);
  const blocked: number[] = [];
  const restricted: Observation[] = [];
  for (const port of ports) {
    const rules = ingress.filter((rule) => coversPort(rule, port));
    if (rules.length === 0) blocked.push(port);
    else if (!rules.some(isForEverybody)) restricted.push(restrictsInbound(named, port, rules));
  }
  return [
    ...(blocked.length === 0 ? [] : [blocksInbound(named, blocked)]),
    ...restricted,
    ...judgeEgress(named, egress),
  ];
}

/** EC2 writes names for 6, 17, 1 and 58, and takes both; -1 is all of them. */
function isForUdp({ ipProtocol, ipRanges, hasOtherPeers }: IpPermission): boolean {
  return ['udp', '17', '-1'].includes(ipProtocol) && (ipRanges.length > 0 || hasOtherPeers);
}

/** Without ports, with -1 or for all protocols a rule is for all of them. */
function coversPort(
  { ipProtocol, fromPort = -1, toPort = -1 }: IpPermission,
  port: number,
): boolean {
  if (ipProtocol === '-1' || fromPort === -1) return true;
  return fromPort <= port && port <= toPort;
}

function isForEverybody({ ipRanges }: IpPermission): boolean {
  return ipRanges.includes(everywhere);
}

function blocksInbound(named: string, ports: readonly number[]): Observation {
  return {
    code: 'security-group-blocks-inbound',
    severity: 'broken',
    seen: `no rule of ${named} lets UDP port ${ports.join(', ')} in`,
    wanted: 'a rule for each port, from everywhere that peers are',
    remedy: `aws ec2 authorize-security-group-ingress --group-id <one of them> --protocol udp --port <ports> --cidr ${everywhere}, or the networks of your peers.`,
  };
}

function restrictsInbound(
  named: string,
  port: number,
  rules: readonly IpPermission[],
): Observation {
  return {
    code: 'security-group-restricts-inbound',
    severity: 'warning',
    seen: `${named} lets UDP port ${port} in from ${sayPeers(rules)}`,
    wanted: 'everywhere that peers are',
    remedy: `See that these are all of your peers: nobody else's packets arrive, but answers do.`,
  };
}

function judgeEgress(named: string, rules: readonly IpPermission[]): Observation[] {
  if (rules.length === 0) {
    return [
      {
        code: 'security-group-blocks-outbound',
        severity: 'broken',
        seen: `no rule of ${named} lets UDP out`,
        wanted: 'a rule that does',
        remedy: `aws ec2 authorize-security-group-egress for UDP: EC2 makes groups with a rule for everything, somebody took it away.`,
      },
    ];
  }
  if (rules.some((rule) => isForEverybody(rule) && coversAllPorts(rule))) return [];
  return [
    {
      code: 'security-group-restricts-outbound',
      severity: 'warning',
      seen: `${named} lets UDP out to ${sayPeers(rules)} only`,
      wanted: 'everywhere that peers are, every port of theirs',
      remedy: `See that these are all of your peers and their ports: peers choose the ports of RTP.`,
    },
  ];
}

function coversAllPorts(rule: IpPermission): boolean {
  return coversPort(rule, 1) && coversPort(rule, 0xffff);
}

function sayPeers(rules: readonly IpPermission[]): string {
  const said = rules.flatMap((rule) => {
    const { ipProtocol, fromPort = -1, toPort = fromPort } = rule;
    const ports = ipProtocol === '-1' || fromPort === -1 ? '' : ` port ${fromPort}-${toPort}`;
    const peers = [...rule.ipRanges, ...(rule.hasOtherPeers ? ['groups or prefix lists'] : [])];
    return peers.map((peer) => `${peer}${ports}`);
  });
  return [...new Set(said)].join(', ');
}
