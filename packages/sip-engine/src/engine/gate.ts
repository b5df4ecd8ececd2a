import { afterFindings, type GuardAction } from '../guard/after-findings.ts';
import type { GuardFinding } from '../guard/finding.ts';
import { guardFindings } from '../guard/guard-findings.ts';
import type {
  Clearance,
  Cleared,
  GuardRefusal,
  Sendable,
  SendFailure,
  SendGate,
} from '../guard/send-gate.ts';
import { valueOf } from '../message/header-list.ts';
import type { SipMessage } from '../message/message.ts';
import { serialiseMessage } from '../message/serialise-message.ts';
import type { PathTo, Way } from '../transport/send-path.ts';
import { tupleText } from '../transport/tuple.ts';

export interface GateOptions {
  readonly pathTo: PathTo;
  readonly names: readonly string[];
  /** Runs after the message's fate is settled, never inside of a call to the gate. */
  readonly onRefusal: (refusal: GuardRefusal) => void;
}

/** The last gate: asks anew for the path of each message, and lets nothing out that tells the peer another one. */
export class EngineGate implements SendGate {
  readonly #options: GateOptions;
  #refusals = 0;

  constructor(options: GateOptions) {
    this.#options = options;
  }

  get refusals(): number {
    return this.#refusals;
  }

  clear<M extends SipMessage>(
    message: M,
    { destination, path: drafted }: Way,
    echoes?: readonly string[],
  ): Clearance<M> {
    const { pathTo, names } = this.#options;
    const path = pathTo(destination, drafted.transport);
    if (path === undefined) {
      return this.#judge(message, { destination, path: drafted }, [noPath(destination, drafted)]);
    }
    const { advertised, mediaHosts = [advertised.host] } = path;
    const findings = guardFindings(message, {
      advertised,
      mediaHosts,
      names,
      dialogEchoes: echoes,
    });
    const way = { destination, path };
    return findings.length === 0
      ? { kind: 'cleared', cleared: cleared(message, way), refusal: undefined }
      : this.#judge(message, way, findings);
  }

  send({ bytes, way }: Sendable, onFailure: (failure: SendFailure) => void): void {
    way.path.transport.send(bytes, way.destination, onFailure);
  }

  #judge<M extends SipMessage>(
    message: M,
    way: Way,
    findings: readonly GuardFinding[],
  ): Clearance<M> {
    const guarded = afterFindings(message, findings);
    const refusal = this.#refuse(guarded.action, message, way, findings);
    switch (guarded.action) {
      case 'stripped':
        return { kind: 'cleared', cleared: cleared(guarded.message, way), refusal };
      case 'replaced':
        return { kind: 'refused', instead: cleared(guarded.response, way), refusal };
      case 'withheld':
        return { kind: 'refused', instead: undefined, refusal };
      default:
        return guarded satisfies never;
    }
  }

  #refuse(
    action: GuardAction,
    message: SipMessage,
    { destination }: Way,
    findings: readonly GuardFinding[],
  ): GuardRefusal {
    const method = valueOf(message, 'cseq')?.split(/\s+/)[1] ?? '';
    const what = message.kind === 'request' ? message.method : `${message.status} ${method}`;
    const callId = valueOf(message, 'call-id') ?? '';
    const refusal: GuardRefusal = { action, what, callId, destination, findings };
    this.#refusals += 1;
    queueMicrotask(() => {
      this.#options.onRefusal(refusal);
    });
    return refusal;
  }
}

/** For an application: what was found first, and how much more there is. */
export function refusalText({ what, destination, findings }: GuardRefusal): string {
  const [first] = findings;
  const more = findings.length > 1 ? `, and ${findings.length - 1} more` : '';
  const found =
    first === undefined
      ? ''
      : `: ${first.row}: ${first.where} tells ${first.told}, wanted ${first.wanted}${more}`;
  return `the send guard refused ${what} to ${tupleText(destination)}${found}`;
}

function cleared<M extends SipMessage>(message: M, way: Way): Cleared<M> {
  const bytes = serialiseMessage(message);
  return { message, bytes, way } as unknown as Cleared<M>;
}

function noPath(destination: Way['destination'], { transport }: Way['path']): GuardFinding {
  return {
    row: 'path',
    where: `socket ${tupleText(transport.localAddress)}`,
    told: tupleText(destination),
    wanted: 'a destination that something may be sent to',
  };
}
