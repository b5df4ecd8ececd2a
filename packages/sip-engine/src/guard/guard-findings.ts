import { valueOf } from '../message/header-list.ts';
import { hostPortText } from '../message/host-port.ts';
import type { SipMessage } from '../message/message.ts';
import { parseNameAddr } from '../message/name-addr.ts';
import { parameterValue } from '../message/parameter.ts';
import { splitValues, tokenEnd, valueEnd } from '../message/scan.ts';
import { parseVia } from '../message/via.ts';
import { bodyFindings } from './body-findings.ts';
import type { GuardedIdentity, GuardFinding, GuardRow } from './finding.ts';
import { isOwnTuple } from './own-host.ts';

const none: readonly GuardFinding[] = [];
const viaStart = 'SIP/2.0/UDP ';
const viaEnd = ';rport;branch=';

/**
 * What this message would tell its peer of us that the peer will not see: each is one finding, none means that it may go. A
 * value that cannot be read is a finding. Not looked at: what is echoed (the Via stack of a response, a repeated Record-Route, To and From),
 * Contact of redirections (RFC 3261 21.3, 21.4.23) and of a registrar's answer, Refer-To, o=, addresses of 0.0.0.0, and streams
 * with port 0. Pure; a few microseconds.
 * @param own as whom the peer sees the socket that sends
 */
export function guardFindings(message: SipMessage, own: GuardedIdentity): readonly GuardFinding[] {
  const ours = hostPortText(own.advertised);
  let findings: GuardFinding[] | undefined;
  const add = (row: GuardRow, where: string, told: string): void => {
    findings ??= [];
    findings.push({ row, where, told, wanted: ours });
  };
  let hasVia = message.kind === 'response';
  for (const { key, value } of message.headers) {
    if (key === 'via' && !hasVia) {
      hasVia = true;
      if (!isUsualVia(value, ours) && !isOwnVia(value, own)) add('via', 'Via', value);
    } else if (key === 'contact') {
      if (isUsualContact(value, ours) || isStar(message, value)) continue;
      if (!isContactGuarded(message)) continue;
      for (const each of splitValues(value)) {
        if (!isOwnAddress(each, own)) add('contact', 'Contact', each);
      }
    } else if (key === 'record-route') {
      for (const each of splitValues(value)) {
        const isEcho = isEchoed(message, each, own);
        if (!isEcho && !isOwnAddress(each, own)) add('record-route', 'Record-Route', each);
      }
    }
  }
  if (!hasVia) add('via', 'Via', 'none');
  const body = bodyFindings(message, own);
  if (findings === undefined) return body.length === 0 ? none : body;
  return [...findings, ...body];
}

/** 10.2.2: every binding is taken away. */
function isStar(message: SipMessage, value: string): boolean {
  return value === '*' && message.kind === 'request' && message.method === 'REGISTER';
}

/** Where a Contact says how to reach us: not that of a redirection, nor that of a registrar, which lists its clients. */
function isContactGuarded(message: SipMessage): boolean {
  if (message.kind === 'request') return true;
  const { status } = message;
  if ((status >= 300 && status < 400) || status === 485) return false;
  return !/\sREGISTER\s*$/.test(valueOf(message, 'cseq') ?? '');
}

function isEchoed(message: SipMessage, value: string, { dialogEchoes }: GuardedIdentity): boolean {
  if (dialogEchoes === undefined) return message.kind === 'response';
  return dialogEchoes.includes(value);
}

/** A Via as this engine writes it: nothing in it but our sent-by and a branch. Whatever else it may be has to be read. */
function isUsualVia(value: string, ours: string): boolean {
  const after = viaStart.length + ours.length;
  const branch = after + viaEnd.length;
  return (
    value.startsWith(viaStart) &&
    value.startsWith(ours, viaStart.length) &&
    value.startsWith(viaEnd, after) &&
    tokenEnd(value, branch) === value.length
  );
}

/** A Contact as this engine writes it. */
function isUsualContact(value: string, ours: string): boolean {
  return (
    value.length === ours.length + 6 &&
    value.startsWith('<sip:') &&
    value.startsWith(ours, 5) &&
    value.endsWith('>')
  );
}

function isOwnVia(value: string, own: GuardedIdentity): boolean {
  const via = parseVia(value.slice(0, valueEnd(value, 0)).trimEnd());
  if (via === undefined) return false;
  const maddr = parameterValue(via.parameters, 'maddr');
  const usualPort = via.transport.toLowerCase() === 'tls' ? 5061 : 5060;
  return maddr === undefined && isOwnTuple(via.sentBy, own, usualPort);
}

/** A name-addr or addr-spec that leads to us; `maddr` would lead elsewhere (19.1.1). */
function isOwnAddress(text: string, own: GuardedIdentity): boolean {
  const uri = parseNameAddr(text)?.uri;
  if (uri?.kind !== 'sip') return false;
  const usualPort = uri.scheme === 'sips' ? 5061 : 5060;
  const maddr = uri.parameters.find(({ name }) => name.toLowerCase() === 'maddr');
  if (maddr === undefined) return isOwnTuple(uri, own, usualPort);
  return isOwnTuple({ host: maddr.value ?? '', port: uri.port }, own, usualPort);
}
