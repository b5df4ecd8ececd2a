/** A set-up step that could not be done: what was tried, and what a person can do about it. */
export class StartError extends Error {
  /**
   * @param {{ code: string, message: string, remedy: string, output?: string | undefined, cause?: unknown }} fault
   */
  constructor(fault) {
    super(fault.message, { cause: fault.cause });
    this.name = 'StartError';
    this.code = fault.code;
    this.remedy = fault.remedy;
    /** What the failed command printed, to be shown once. */
    this.output = fault.output;
  }

  /** @returns {string} the text for a terminal */
  report() {
    const output = this.output ? `${this.output.trimEnd()}\n` : '';
    return `${output}${this.code}: ${this.message}\nWhat to do: ${this.remedy}`;
  }
}
