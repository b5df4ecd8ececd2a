// The part of sdp-transform that we use: what it writes again is not always what it read. What its parser returns is whatever the grammar matched, so
// every field is read as unknown and checked.
// oxlint-disable-next-line house/erasable -- the only form that gives types to a package without any
declare module 'sdp-transform' {
  interface Tree {
    [field: string]: unknown;
  }
  const sdpTransform: {
    parse(text: string): Tree & { media: Tree[] };
  };
  export default sdpTransform;
}
