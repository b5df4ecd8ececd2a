/** A refusal before the name of the action is known; SimulatedEc2 makes an Ec2CallError of it. */
export class Refusal extends Error {
  readonly ec2Code: string;

  constructor(ec2Code: string, message: string) {
    super(message);
    this.name = 'Refusal';
    this.ec2Code = ec2Code;
  }
}

/** Refuses a call with one of EC2's codes (EC2 API reference, "Error codes"). */
export function refuse(ec2Code: string, message: string): never {
  throw new Refusal(ec2Code, message);
}

/** HTTP status of a code: 400 unless the reference says otherwise. */
export function httpStatusOf(ec2Code: string): number {
  switch (ec2Code) {
    case 'UnauthorizedOperation':
      return 403;
    case 'AuthFailure':
      return 401;
    case 'DryRunOperation':
      return 412;
    case 'RequestLimitExceeded':
    case 'ServiceUnavailable':
    case 'Unavailable':
      return 503;
    case 'InternalError':
    case 'InternalFailure':
    case 'InsufficientAddressCapacity':
      return 500;
    default:
      return 400;
  }
}
