/** An `aws ec2` line. */
export function aws(action: string, options: Readonly<Record<string, string | true>>): string {
  const parts = Object.entries(options).map(([name, value]) =>
    value === true ? `--${name}` : `--${name} ${value}`,
  );
  return ['aws ec2', action, ...parts].join(' ');
}
