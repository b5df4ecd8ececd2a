/** Nothing is exported yet: this package is a room kept for what the README beside it describes. */
export {};
