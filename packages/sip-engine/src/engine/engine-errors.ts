import { SipEngineError } from '../errors.ts';
import { tupleText, type Tuple } from '../transport/tuple.ts';

export function noTransport(): SipEngineError {
  return new SipEngineError({
    code: 'AddressInvalid',
    message: 'Tried to make a SIP engine with no transport',
    remedy: 'Open one with openUdpTransport and give it in `transports`.',
    retry: 'never',
  });
}

export function engineClosed(at: Tuple): SipEngineError {
  return new SipEngineError({
    code: 'TransportClosed',
    message: `Tried to listen for applications on tcp ${tupleText(at)}: the engine was closed`,
    remedy: 'Make another engine, or listen before `close`.',
    retry: 'never',
  });
}
