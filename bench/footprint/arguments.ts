export const usage = `npm run bench:footprint -- [options]

  --runs N     starts of each program, 1 to 1000 (30)
  --json FILE  write all figures to FILE

Exit 0: the bounds held. 1: one did not, or something failed. 2: the command line was refused.`;
