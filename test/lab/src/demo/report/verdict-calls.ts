import type { CallLeg, CallRow, TupleFacts, Verdict } from './report.ts';

/** Every promise of a call as a row with a stable name: `inward-call-completes`, ... */
export function judgeCall(call: CallRow): readonly Verdict[] {
  const { name, legs } = call;
  return [
    rowOf(
      `${name}-completes`,
      completion(call),
      `set up in ${call.setUpMs?.toFixed(0)} ms, ended by BYE`,
    ),
    rowOf(
      `${name}-sip-tuple`,
      legs.flatMap(sipProblems),
      'Contact and Via are where SIP comes from',
    ),
    rowOf(`${name}-rtp-tuple`, legs.flatMap(rtpProblems), 'c= and m= are where RTP comes from'),
    rowOf(`${name}-media`, mediaProblems(call), `${call.wanted} RTP packets each way, none lost`),
    rowOf(
      `${name}-no-private-address`,
      call.privateAddressesSeen.map(({ address, where }) => `${address} in ${where}`),
      'the Internet peer saw none',
    ),
  ];
}

/** The calls of act 1 show the fault that truetuple removes. None were made where there is no eth0 to show it on. */
export function judgeStockCalls(calls: readonly CallRow[]): readonly Verdict[] {
  if (calls.length === 0) return [];
  const problems = calls.flatMap((call) =>
    call.direction === 'inward' ? soundInward(call) : soundOutward(call),
  );
  const why = 'no call comes in; the one out hears nothing, its BYE is lost';
  return [rowOf('stock-calls-fail', problems, why)];
}

function soundInward({ name, observed, dropped = 0 }: CallRow): readonly string[] {
  if (observed.length > 0) return [`${name}: ${observed.join(', ')} was seen`];
  return dropped > 0 ? [] : [`${name}: its INVITE was not seen to be dropped`];
}

function soundOutward({ name, legs, wanted, dropped = 0 }: CallRow): readonly string[] {
  const problems: string[] = [];
  for (const leg of legs) {
    if (!leg.answered) problems.push(`${name} was not answered, so that it shows nothing`);
    if (leg.ended) problems.push(`${name}: a BYE to the advertised tuple was answered`);
    if (leg.peer === 'vpc' && leg.rtpReceived > 0) problems.push(`${name}: RTP came back`);
    if (leg.peer === 'internet') {
      if (isTrue(leg.sip)) problems.push(`${name}: SIP came from the advertised tuple`);
      if (isTrue(leg.rtp)) problems.push(`${name}: RTP came from the advertised tuple`);
      if (leg.rtpReceived < wanted) problems.push(`${name}: RTP did not even go out`);
    }
  }
  return dropped > wanted
    ? problems
    : [...problems, `${name}: RTP and BYE were not seen to be dropped`];
}

function completion({ legs, setUpMs }: CallRow): readonly string[] {
  if (setUpMs === undefined) return ['INVITE got no 200'];
  return legs.flatMap(({ peer, answered, ended }) => [
    ...(answered ? [] : [`not answered at the ${placeOf[peer]}`]),
    ...(ended ? [] : [`no answer to BYE at the ${placeOf[peer]}`]),
  ]);
}

const placeOf = { internet: 'Internet peer', vpc: 'VPC client' } as const;

function sipProblems({ peer, sip }: CallLeg): readonly string[] {
  return tupleProblems('SIP', peer, sip);
}

function rtpProblems({ peer, rtp }: CallLeg): readonly string[] {
  return tupleProblems('RTP', peer, rtp);
}

/** One tuple was told, and it is the one that was seen. */
export function isTrue({ advertised, observed }: TupleFacts): boolean {
  const [told] = advertised;
  return advertised.length === 1 && observed.length === 1 && observed[0] === told;
}

function tupleProblems(what: string, peer: CallLeg['peer'], facts: TupleFacts): readonly string[] {
  if (isTrue(facts)) return [];
  const told = facts.advertised.join(', ') || 'nothing';
  const seen = facts.observed.join(', ') || 'nothing';
  return [`${what} at the ${placeOf[peer]}: ${told} advertised, ${seen} observed`];
}

function mediaProblems({ legs, wanted }: CallRow): readonly string[] {
  return legs.flatMap(({ peer, rtpSent, rtpReceived }) =>
    rtpSent === wanted && rtpReceived === wanted
      ? []
      : [`the ${placeOf[peer]} sent ${rtpSent} and got ${rtpReceived} of ${wanted}`],
  );
}

function rowOf(name: string, problems: readonly string[], why: string): Verdict {
  const [first] = problems;
  return first === undefined
    ? { name, ok: true, why }
    : { name, ok: false, why: [...new Set(problems)].join('; ') };
}
