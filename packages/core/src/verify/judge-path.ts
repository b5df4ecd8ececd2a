import { formatEndpoint, isSameEndpoint, type Endpoint } from './datagram-port.ts';
import type { Observation } from './finding.ts';
import { judgeInbound } from './judge-inbound.ts';
import {
  advertisedTuple,
  judgeMappings,
  mappedAnswers,
  type Mapped,
  type MappingFacts,
} from './judge-mapping.ts';
import type { OutboundProof, PathProof } from './path-proof.ts';
import type { PathEvidence, ServerAnswer } from './wire-evidence.ts';

export interface JudgedPath {
  readonly proof: PathProof;
  readonly observations: readonly Observation[];
}

export interface PathRule {
  /** How many servers must see the advertised tuple, or all where there are fewer; default more than half. */
  readonly quorum?: number | undefined;
  /** Servers without an address: they count as servers outside of the VPC that did not answer by IPv4. */
  readonly serversNotFound: number;
  /** False where inbound proof was not wanted: then its absence is no finding. */
  readonly wantsInbound: boolean;
}

/** Pure: what the answers on one path prove. */
export function judgePath(facts: MappingFacts, path: PathEvidence, rule: PathRule): JudgedPath {
  const { port, family, peers, through, local } = path;
  const advertised = advertisedTuple(facts, path);
  const quorum = quorumOf(path, rule);
  const mapped = mappedAnswers(facts, path);
  const outbound = judgeOutbound(path, mapped, { advertised, quorum });
  const inbound = judgeInbound(path, advertised, facts);
  return {
    proof: { port, family, peers, through, local, advertised, outbound, inbound: inbound.proof },
    observations: [
      ...judgeSocket(path),
      ...judgeServers(path, outbound),
      ...judgeMappings(facts, path, outbound === 'proven' ? 'warning' : 'broken'),
      ...judgeAgreement(path, { mapped, advertised, outbound, quorum }),
      ...(rule.wantsInbound ? inbound.observations : []),
    ].map((observation) => ({ ...observation, family })),
  };
}

/** So many servers decide on a path. */
export function quorumOf({ answers, family, peers }: PathEvidence, rule: PathRule): number {
  const isTheirs = family === 'ipv4' && peers !== 'vpc';
  const servers = answers.length + (isTheirs ? rule.serversNotFound : 0);
  return Math.min(rule.quorum ?? Math.floor(servers / 2) + 1, servers);
}

function judgeOutbound(
  path: PathEvidence,
  mapped: readonly Mapped[],
  { advertised, quorum }: { readonly advertised: Endpoint; readonly quorum: number },
): OutboundProof {
  if (path.answers.length === 0 && path.through !== 'none') return 'no-server';
  if (path.through === 'none' || path.answers.every(({ answer }) => answer.kind === 'unsent')) {
    return 'not-asked';
  }
  const right = mapped.filter((each) => isSameEndpoint(each.mapped, advertised)).length;
  if (mapped.length === 0) return 'silent';
  if (right >= quorum) return 'proven';
  if (right === mapped.length) return 'too-few';
  return right === 0 ? 'refuted' : 'disputed';
}

function judgeSocket(path: PathEvidence): Observation[] {
  const { port, source, through, local, bindRefusedWith = 'EADDRINUSE' } = path;
  if (bindRefusedWith !== 'EADDRINUSE') {
    return [
      {
        code: 'source-not-bindable',
        severity: 'broken',
        seen: `binding UDP ${source}:${port} is refused with ${bindRefusedWith}`,
        wanted: `${source} on a link of this network namespace`,
        remedy: `See whether ${source} is on the link ("ip address"), and whether this process runs in the pod's network namespace.`,
      },
    ];
  }
  const how =
    path.bindRefusedWith === undefined
      ? 'may be held by the application, and no socket of it is lent'
      : 'is held by somebody';
  if (through === 'reserved-port') {
    return [
      {
        code: 'proven-on-reserved-port',
        severity: 'warning',
        seen: `UDP ${source}:${port} ${how}; port ${local.port} was asked in its place`,
        wanted: `port ${port} itself`,
        remedy: `Translation is the same for all ports, rules of security groups are not: see that they say the same of ${port} and ${local.port}, or lend the application's socket (applicationSockets).`,
      },
    ];
  }
  if (through !== 'none') return [];
  return [portHeld(`${source}:${port}`, how)];
}

function portHeld(at: string, how: string): Observation {
  return {
    code: 'port-held',
    severity: 'unproven',
    seen: `UDP ${at} ${how}: nothing was sent from it, so that none of his packets is taken`,
    wanted: `a socket on ${at} for the time of the proof`,
    remedy: `Prove the port before the application starts, lend the application's socket (applicationSockets), or name a reservedPort that the application leaves free.`,
  };
}

function judgeServers({ answers, local }: PathEvidence, outbound: OutboundProof): Observation[] {
  const unsent = answers.flatMap(({ answer }) => (answer.kind === 'unsent' ? [answer.errno] : []));
  const observations: Observation[] = [];
  if (unsent.length > 0) {
    observations.push({
      code: 'send-refused',
      severity: 'broken',
      seen: `sending from ${formatEndpoint(local)} is refused with ${[...new Set(unsent)].join(', ')}`,
      wanted: 'the packet on the link',
      remedy: `EHOSTUNREACH and ENETUNREACH: no route from this address, see "ip route get". EPERM: a packet filter in the pod drops it, see "nft list ruleset". EINVAL: the address is not one of the outgoing link's. EBADF: the application has closed the socket that it lent.`,
    });
  }
  if (outbound === 'silent') return [...observations, ...judgeSilence(local, answers)];
  return [...observations, ...answers.flatMap(judgeServer)];
}

function judgeSilence(local: Endpoint, answers: readonly ServerAnswer[]): Observation[] {
  return [
    {
      code: 'all-servers-silent',
      severity: 'unproven',
      seen: `no answer of use to ${formatEndpoint(local)} from ${answers.map(({ server, answer }) => `${server} (${sayAnswer(answer)})`).join(', ')}`,
      wanted: 'an answer of at least one',
      remedy: `This is no proof of a wrong tuple: see whether the servers are right and reached from elsewhere, whether UDP may leave (security group, network ACL), and whether EC2 has put the association into effect, which can take seconds.`,
    },
  ];
}

function judgeServer({ server, answer }: ServerAnswer): Observation[] {
  switch (answer.kind) {
    case 'silent':
      return [
        {
          code: 'server-silent',
          severity: 'warning',
          seen: `${server} did not answer ${answer.requests} requests; others did`,
          wanted: 'an answer',
          remedy: `See whether ${server} is a STUN server and is up; name another otherwise.`,
        },
      ];
    case 'refused':
    case 'unusable':
      return [
        {
          code: 'server-useless',
          severity: 'warning',
          seen: `${server} answered: ${sayAnswer(answer)}`,
          wanted: 'a success response with XOR-MAPPED-ADDRESS',
          remedy: `Name a server that answers Binding requests of RFC 8489 to anybody.`,
        },
      ];
    case 'mapped':
    case 'unsent':
      return [];
    default:
      return answer satisfies never;
  }
}

function sayAnswer(answer: ServerAnswer['answer']): string {
  switch (answer.kind) {
    case 'silent':
      return 'silent';
    case 'refused':
      return `error ${answer.code} ${answer.reason}`;
    case 'unusable':
      return answer.why;
    case 'unsent':
      return `not sent, ${answer.errno}`;
    case 'mapped':
      return formatEndpoint(answer.mapped);
    default:
      return answer satisfies never;
  }
}

function judgeAgreement(
  { answers }: PathEvidence,
  {
    mapped,
    advertised,
    outbound,
    quorum,
  }: {
    readonly mapped: readonly Mapped[];
    readonly advertised: Endpoint;
    readonly outbound: OutboundProof;
    readonly quorum: number;
  },
): Observation[] {
  const told = mapped.map((each) => `${each.server} ${formatEndpoint(each.mapped)}`).join(', ');
  const right = mapped.filter((each) => isSameEndpoint(each.mapped, advertised)).length;
  if (right > 0 && right < mapped.length) {
    return [
      {
        code: 'servers-disagree',
        severity: outbound === 'proven' ? 'warning' : 'broken',
        seen: `servers saw different tuples: ${told}`,
        wanted: `${formatEndpoint(advertised)} at all of them`,
        remedy:
          'Either the way to some of them is another one (look for routes of their networks), or one of them lies: ask a third.',
      },
    ];
  }
  if (outbound !== 'too-few') return [];
  return [
    {
      code: 'too-few-answers',
      severity: 'unproven',
      seen: `${right} of ${answers.length} servers saw ${formatEndpoint(advertised)}, the others did not say`,
      wanted: `${quorum} of them`,
      remedy: 'Name servers that answer, or a smaller quorum.',
    },
  ];
}
