/** What the fake kernel answers instead of an ACK: an errno by name, and the real kernel's text. */
export class FakeRefusal extends Error {
  readonly errno: string;
  readonly kernelText: string | undefined;

  constructor(errno: string, kernelText?: string) {
    super(kernelText ?? errno);
    this.name = 'FakeRefusal';
    this.errno = errno;
    this.kernelText = kernelText;
  }
}

/** The refusal of a fault that was injected. */
export function faultOf({
  errno = 'ENOBUFS',
  kernelText,
}: {
  readonly errno?: string;
  readonly kernelText?: string;
}): FakeRefusal {
  return new FakeRefusal(errno, kernelText);
}
