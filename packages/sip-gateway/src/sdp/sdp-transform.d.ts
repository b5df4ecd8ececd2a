// The part of sdp-transform that we use. What its parser returns is whatever the grammar matched, so
// every field is read as unknown and checked.
// oxlint-disable-next-line house/erasable -- the only form that gives types to a package without any
declare module 'sdp-transform' {
  interface Tree {
    [field: string]: unknown;
  }
  const sdpTransform: {
    parse(text: string): Tree & { media: Tree[] };
    write(tree: Tree & { media: Tree[] }): string;
  };
  export default sdpTransform;
}
