import { isRead } from '../../cloud/ec2/around-ec2.ts';
import type { Ec2Action } from '../../cloud/ec2/ec2-action.ts';
import { httpStatusOf, refuse } from './refuse.ts';
import { seededRandom } from './seeded-random.ts';

/** How often calls fail with what another try solves. */
export interface TransientFailures {
  /** Of one call, in [0, 1]. */
  readonly probability: number;
  /** Default 1. */
  readonly seed?: number;
}

/** A failure that a call is to meet. */
export interface Transient {
  readonly ec2Code: string;
  /** True when the call is carried out, and fails all the same: a write that a server's error ends may have taken effect. */
  readonly isAfterEffect: boolean;
}

/** EC2 API reference, "Error codes": server errors, any of which may be tried again. */
const serverErrors: readonly string[] = [
  'InternalError',
  'InternalFailure',
  'ServiceUnavailable',
  'Unavailable',
];

/**
 * Codes of single actions that others try again: ConcurrentTagAccess and InsufficientAddressCapacity are in that list of EC2's;
 * InvalidParameterException is what Terraform's AWS provider meets at routes.
 */
const codesOfAction: Readonly<Partial<Record<Ec2Action, string>>> = {
  CreateTags: 'ConcurrentTagAccess',
  DeleteTags: 'ConcurrentTagAccess',
  CreateRoute: 'InvalidParameterException',
  DeleteRoute: 'InvalidParameterException',
  AllocateAddress: 'InsufficientAddressCapacity',
};

/** Draws which calls fail. */
export class Transients {
  readonly #probability: number;
  readonly #random: () => number;

  constructor({ probability, seed = 1 }: TransientFailures) {
    if (!(probability >= 0 && probability <= 1)) {
      throw new RangeError(`transients with a probability of ${probability}: it is in [0, 1]`);
    }
    this.#probability = probability;
    this.#random = seededRandom(seed);
  }

  draw(action: Ec2Action): Transient | undefined {
    if (this.#random() >= this.#probability) return undefined;
    const codes = codesFor(action);
    const ec2Code = codes[Math.floor(this.#random() * codes.length)] ?? 'InternalError';
    const mayHaveTakenEffect =
      !isRead(action) && httpStatusOf(ec2Code) >= 500 && ec2Code !== 'InsufficientAddressCapacity';
    return { ec2Code, isAfterEffect: mayHaveTakenEffect && this.#random() < 0.5 };
  }
}

function codesFor(action: Ec2Action): readonly string[] {
  if (isRead(action)) return serverErrors;
  const own = codesOfAction[action];
  const all = [...serverErrors, 'IncorrectState'];
  return own === undefined ? all : [...all, own];
}

/** Ends a call with it. */
export function failWith({ ec2Code }: Transient): never {
  return refuse(ec2Code, 'The request could not be carried out at this moment: try again.');
}
