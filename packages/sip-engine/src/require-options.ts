import type { SipEngineLimits, SipEngineOptions } from './engine.ts';
import { SipEngineError } from './errors.ts';

/**
 * Looks at what types do not hold at run time: an engine with no secret would serve whoever connects.
 * @throws SipEngineError OptionsInvalid
 */
export function requireOptions({ transports, secret }: SipEngineOptions): void {
  if (!Array.isArray(transports)) {
    throw invalid(
      'transports is no list',
      'Give what openUdpTransport opened, one for each address.',
    );
  }
  if (typeof secret !== 'string' || secret === '' || /[|\r\n]/u.test(secret)) {
    throw invalid(
      'secret is missing, or cannot be written in a frame',
      'Give the secret that applications show: text without |, CR and LF.',
    );
  }
}

/** @throws SipEngineError OptionsInvalid */
export function requireLimits({ message, ...limits }: SipEngineLimits): void {
  requireCounts('limits', limits);
  requireCounts('limits.message', message);
}

function requireCounts(at: string, counts: object): void {
  for (const [name, count] of Object.entries(counts)) {
    if (Number.isInteger(count) && count >= 0) continue;
    throw invalid(`${at}.${name} is ${String(count)}`, 'Give a whole number, 0 or more.');
  }
}

function invalid(because: string, remedy: string): SipEngineError {
  return new SipEngineError({
    code: 'OptionsInvalid',
    message: `The engine cannot be made: ${because}.`,
    remedy,
    retry: 'never',
  });
}
