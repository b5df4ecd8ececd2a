/** A request that is refused before or beside the simulator, with one of EC2's codes. */
export class Refusal extends Error {
  readonly ec2Code: string;
  readonly httpStatus: number;

  constructor(ec2Code: string, message: string) {
    super(message);
    this.name = 'Refusal';
    this.ec2Code = ec2Code;
    this.httpStatus = httpStatusOf(ec2Code);
  }
}

/** Refuses with one of EC2's codes (EC2 API reference, "Error codes for the Amazon EC2 API"). */
export function refuse(ec2Code: string, message: string): never {
  throw new Refusal(ec2Code, message);
}

const statuses: ReadonlyMap<string, number> = new Map([
  ['AuthFailure', 401],
  ['UnauthorizedOperation', 403],
  ['MissingAuthenticationToken', 403],
  ['DryRunOperation', 412],
  // Not EC2's words: what a web server says before EC2 sees the request.
  ['InvalidHttpMethod', 405],
  ['RequestEntityTooLarge', 413],
  ['InternalError', 500],
  ['InternalFailure', 500],
  ['InsufficientAddressCapacity', 500],
  ['RequestLimitExceeded', 503],
  ['ServiceUnavailable', 503],
  ['Unavailable', 503],
]);

/** HTTP status of a code: 400 for every client error that is not in the table. */
export function httpStatusOf(ec2Code: string): number {
  return statuses.get(ec2Code) ?? 400;
}
