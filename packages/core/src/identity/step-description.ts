/** A step in words. */
export interface StepDescription {
  /** What the step does and why, for a person. */
  readonly sentence: string;
  /** The command line (`aws ec2`, ip(8), sysctl(8)) that would do the same. */
  readonly command: string;
}
