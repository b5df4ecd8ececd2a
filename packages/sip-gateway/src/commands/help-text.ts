/** What `--help` says. */
export const helpText = `truetuple-gateway: a SIP and media gateway on a public address that the pod itself holds

  truetuple-gateway run --config FILE
      takes the identity, takes calls, and on SIGTERM ends in order; SIGTERM again ends the calls at once
  truetuple-gateway check-config FILE
      reads a configuration as run does, and asks nobody
  truetuple-gateway ladder FILE [options]
      draws the calls of a pcap or pcapng file, and holds every advertised tuple against the observed one
        --call-id X          only the call with this Call-ID
        --json               as JSON
        --ascii              with no characters but ASCII
        --apart              each Call-ID for itself, and not the legs of a call side by side
        --width N            columns of a line (100)
        --name ADDRESS=NAME  what a host is called; as often as you like
        --public PRIV=PUB    for a capture in the VPC: the address that the Internet sees for a private one
  truetuple-gateway --help
  truetuple-gateway --version

Exit codes: 0 as asked; 1 a defect; 2 command line, configuration or file refused; 3 no identity; 4 could not start;
5 the media relay failed; 6 the identity was lost; 7 the identity could not be given back.
`;
